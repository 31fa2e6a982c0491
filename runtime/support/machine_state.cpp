// SPDX-License-Identifier: MIT
#include <kjump/abi/processor.hpp>
#include <kjump/machine_state.hpp>

using namespace kjump;

// The stub's, flat (stubs/entry.asm).
extern "C" {
extern abi::EntryState kjump_entry_state;
extern abi::LoaderParameters kjump_parameters;
extern uint32_t kjump_way_back;
extern uint8_t kjump_became;
extern const char kjump_no_way_back[];
extern const char kjump_kexec_way_back[];
extern const char kjump_kexec_way_back_i386[];
extern const char kjump_wake_way_back[];
}

namespace kjump {

namespace {

uint32_t way_back_to(const abi::EntryState& entry) {
  const char* way = nullptr;
  if (entry.door == static_cast<uint8_t>(abi::Door::kWake)) {
    way = kjump_wake_way_back;
  } else if (entry.door == static_cast<uint8_t>(abi::Door::kKexec)) {
    way = (entry.efer & abi::kEferLongModeActive) != 0 ? kjump_kexec_way_back : kjump_kexec_way_back_i386;
  }
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(way));
}

}  // namespace

const abi::EntryState& entry_state() {
  return kjump_entry_state;
}

const abi::LoaderParameters& loader_parameters() {
  return kjump_parameters;
}

void burn_bridges() {
  kjump_way_back = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(kjump_no_way_back));
  // The supervisor's guards (platform/stack_guards.hpp) watch the word below the image, too; it puts back
  // what it found when the payload has ended.
  constexpr uintptr_t kNoBreakpoints = 1u << 10;  // this bit reads as one
  asm volatile("mov %0, %%dr7" : : "r"(kNoBreakpoints));
}

bool become(const abi::EntryState& entry, const abi::LoaderParameters& parameters) {
  const uint32_t way_back = way_back_to(entry);
  if (way_back == 0) {
    return false;
  }
  kjump_entry_state = entry;
  kjump_parameters = parameters;
  kjump_way_back = way_back;
  kjump_became = 1;
  return true;
}

}  // namespace kjump
