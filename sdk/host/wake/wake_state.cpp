// SPDX-License-Identifier: MIT
#include "host/wake/wake_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include <kjump/abi/layout.hpp>

#include "host/physical_memory.hpp"
#include "host/wake/mem_sleep.hpp"
#include "host/wake/rtc_alarm.hpp"

namespace kjump {
namespace {

using nlohmann::json;

Failure damaged(const std::string& origin) {
  return fail(
      ErrorCode::kMalformed, "the record of what the wake door displaced is damaged", origin,
      "reboot before the next suspend, or remove the file if no kjump was killed since the last boot");
}

// The mapped bytes of [address, address + kWakeJumpBytes), which may lie across two pages.
Result<PhysicalMapping> map_code(const System& system, std::uint32_t address,
                                 PhysicalMapping::Access access) {
  const std::uint32_t first = address & ~(abi::kPageBytes - 1);
  return PhysicalMapping::map(system, first, 2 * abi::kPageBytes, access);
}

std::span<std::byte> code_in(const PhysicalMapping& mapping, std::uint32_t address) {
  return mapping.bytes().subspan(address & (abi::kPageBytes - 1), abi::kWakeJumpBytes);
}

bool equal(std::span<const std::byte> memory, const WakeJump& bytes) {
  return std::equal(memory.begin(), memory.end(), bytes.begin(), bytes.end(),
                    [](std::byte a, std::uint8_t b) { return std::to_integer<std::uint8_t>(a) == b; });
}

void copy(const WakeJump& bytes, std::span<std::byte> memory) {
  std::transform(bytes.begin(), bytes.end(), memory.begin(),
                 [](std::uint8_t value) { return std::byte{value}; });
}

bool plausible(const WakeState& state) {
  return state.code.address >= abi::kImageEnd &&
         state.code.address < abi::kConventionalEnd - 2 * abi::kPageBytes && !state.rtc.empty() &&
         state.rtc.find('/') == std::string::npos;
}

}  // namespace

std::string encode(const WakeState& state) {
  json document = {
      {"address", state.code.address}, {"block", state.code.block}, {"displaced", state.code.bytes},
      {"planted", state.planted},      {"rtc", state.rtc},          {"alarm", state.alarm},
      {"mem_sleep", state.mem_sleep}};
  document["alarm_before"] = state.before ? json(*state.before) : json();
  return document.dump(2) + "\n";
}

Result<WakeState> parse_wake_state(const std::string& text, const std::string& origin) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) {
    return damaged(origin);
  }
  WakeState state;
  try {
    document.at("address").get_to(state.code.address);
    document.at("block").get_to(state.code.block);
    document.at("displaced").get_to(state.code.bytes);
    document.at("planted").get_to(state.planted);
    document.at("rtc").get_to(state.rtc);
    document.at("alarm").get_to(state.alarm);
    document.at("mem_sleep").get_to(state.mem_sleep);
    if (const json& before = document.at("alarm_before"); !before.is_null()) {
      state.before = before.get<std::uint64_t>();
    }
  } catch (const json::exception&) {
    return damaged(origin);
  }
  if (!plausible(state)) {
    return damaged(origin);
  }
  return state;
}

Result<void> save_wake_state(const System& system, const WakeState& state) {
  return system.replace_file(kWakeStateFile, encode(state));
}

void remove_wake_state(const System& system) {
  system.remove_file(kWakeStateFile);
}

Result<void> plant(const System& system, const WakeState& state) {
  KJUMP_TRY(const PhysicalMapping mapping,
            map_code(system, state.code.address, PhysicalMapping::Access::kReadWrite));
  const auto memory = code_in(mapping, state.code.address);
  if (!equal(memory, state.code.bytes)) {
    return fail(ErrorCode::kBusy, "the kernel's wake-up code is not what it was",
                fmt::format("{:#x}", state.code.address), "another program uses it; reboot if none does");
  }
  copy(state.planted, memory);
  return {};
}

Result<bool> put_wake_code_back(const System& system, const WakeState& state) {
  KJUMP_TRY(const PhysicalMapping mapping,
            map_code(system, state.code.address, PhysicalMapping::Access::kReadWrite));
  const auto memory = code_in(mapping, state.code.address);
  if (!equal(memory, state.planted)) {
    return false;
  }
  copy(state.code.bytes, memory);
  return true;
}

Result<Undone> undo(System& system, const WakeState& state) {
  Undone undone;
  KJUMP_TRY(undone.wake_code, put_wake_code_back(system, state));
  RtcAlarm clock = RtcAlarm::named(system, state.rtc);
  const auto armed = clock.armed();
  // Ours, or none because ours has gone off. Any other is somebody else's, set after us.
  if (armed == state.alarm || (!armed && state.before)) {
    KJUMP_TRY(undone.alarm_missed, clock.restore(state.before));
    undone.alarm = true;
  }
  if (!state.mem_sleep.empty() && mem_sleep_choice(system) != state.mem_sleep) {
    KJUMP_CHECK(choose_mem_sleep(system, state.mem_sleep));
    undone.mem_sleep = true;
  }
  return undone;
}

std::vector<std::string> Undone::words(const WakeState& state) const {
  std::vector<std::string> lines;
  if (wake_code) {
    lines.push_back(
        fmt::format("the kernel's wake-up code at {:#x} is back in its place", state.code.address));
  }
  if (alarm) {
    lines.push_back(alarm_missed
                        ? fmt::format("the alarm of {} was due meanwhile: it goes off now", state.rtc)
                    : state.before ? fmt::format("the former alarm of {} is set again", state.rtc)
                                   : fmt::format("the alarm of {} is cleared", state.rtc));
  }
  if (mem_sleep) {
    lines.push_back("mem_sleep is '" + state.mem_sleep + "' again");
  }
  return lines;
}

Result<std::vector<std::string>> repair_wake(System& system) {
  if (!system.exists(kWakeStateFile)) {
    return std::vector<std::string>{};
  }
  KJUMP_TRY(const std::string text, system.read_file(kWakeStateFile));
  KJUMP_TRY(const WakeState state, parse_wake_state(text, kWakeStateFile));
  KJUMP_TRY(const Undone undone, undo(system, state));
  remove_wake_state(system);
  return undone.words(state);
}

}  // namespace kjump
