// SPDX-License-Identifier: MIT
// Says how it was started, and that memory and firmware are as they should be; see boot_test.cpp.
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

using namespace kjump;

namespace {

using abi::hibernate::RestoreRequest;

constexpr uint32_t kDamage = 1;
constexpr uint32_t kTableWords = 20'000;  // more than one transfer, and than one 64 KiB

struct Table {
  uint32_t words[kTableWords];
};

constexpr uint32_t word(uint32_t index) {
  return (index + 1) * 0x9E3779B9;
}

constexpr Table filled() {
  Table table{};
  for (uint32_t i = 0; i < kTableWords; ++i) {
    table.words[i] = word(i);
  }
  return table;
}

constinit Table table = filled();
constinit Table zeros{};

bool memory_is_whole() {
  for (uint32_t i = 0; i < kTableWords; ++i) {
    if (const_cast<volatile Table&>(table).words[i] != word(i) ||
        const_cast<volatile Table&>(zeros).words[i] != 0) {
      return false;
    }
  }
  return true;
}

// INT 12h: the BIOS must answer as ever.
uint32_t conventional_kib() {
  abi::FirmwareCall call;
  call.vector = 0x12;
  bios::call(call);
  return call.registers.eax & 0xFFFF;
}

}  // namespace

extern "C" uint32_t kjump_main() {
  RestoreRequest request{};
  read_request(&request, sizeof request);
  print("booted, door ");
  print_decimal(static_cast<uint32_t>(door()));
  print(", drive ");
  print_hex(entry_state().boot_drive);
  print(", flags ");
  print_hex(request.flags);
  print(", sector ");
  print_decimal(static_cast<uint32_t>(request.header_sector));
  print(", store ");
  print_hex(request.store.bytes[0]);
  print(", ");
  print_decimal(conventional_kib());
  print(" KiB\n");
  print(memory_is_whole() ? "memory is whole\n" : "memory is damaged\n");
  if (request.map_count == kDamage) {
    asm volatile("ud2");
  }
  return 0;
}
