// SPDX-License-Identifier: MIT
// A physical-mode payload: walks the BIOS memory map (INT 15h, E820) and replies with the raw entries.
#include <kjump/payload.hpp>

namespace {

struct Entry {
  uint64_t base;
  uint64_t bytes;
  uint32_t type;
  uint32_t attributes;
};

constexpr uint32_t kSignature = 0x534D4150;  // "SMAP"
constexpr int kMostEntries = 128;

}  // namespace

extern "C" uint32_t kjump_main() {
  uint32_t continuation = 0;
  for (int i = 0; i < kMostEntries; ++i) {
    kjump::abi::FirmwareCall call;
    call.vector = 0x15;
    call.registers.eax = 0xE820;
    call.registers.ebx = continuation;
    call.registers.ecx = sizeof(Entry);
    call.registers.edx = kSignature;
    call.registers.es = kjump::abi::kBounceSegment;
    call.registers.eflags = kjump::abi::kFlagsCarry;  // a BIOS that does nothing has failed
    kjump::bios::call(call);
    if ((call.registers.eflags & kjump::abi::kFlagsCarry) != 0 || call.registers.eax != kSignature) {
      return 1;
    }
    Entry entry;
    kjump::copy_from_physical(&entry, kjump::abi::kBounceBase, sizeof entry);
    kjump::write_reply(&entry, sizeof entry);
    kjump::print_hex(static_cast<uint32_t>(entry.base >> 32));
    kjump::print_hex(static_cast<uint32_t>(entry.base));
    kjump::print(" + ");
    kjump::print_hex(static_cast<uint32_t>(entry.bytes >> 32));
    kjump::print_hex(static_cast<uint32_t>(entry.bytes));
    kjump::print(entry.type == 1 ? "  memory\n" : "  not memory\n");
    continuation = call.registers.ebx;
    if (continuation == 0) {
      return 0;
    }
  }
  return 2;
}
