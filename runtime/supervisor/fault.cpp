// SPDX-License-Identifier: MIT
#include "supervisor/fault.hpp"

#include <kjump/abi/layout.hpp>

using namespace kjump;

extern "C" {
extern char kjump_fault[];  // linked at its offset in the real segment
extern abi::FirmwareCall* kjump_running_call;
}

namespace kjump::supervisor {

namespace {

// Only there is reading free of side effects: above may be devices.
constexpr uint32_t kReadableEnd = 0x100000;

void copy_where_readable(uint8_t* to, uint32_t from, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes && from + i < kReadableEnd; ++i) {
    auto address = from + i;
    asm("" : "+r"(address));  // page 0 is memory like any other
    to[i] = *reinterpret_cast<const volatile uint8_t*>(address);
  }
}

// 32-bit handlers write the low halves of registers: the high ones are to be zero.
void forget(abi::FaultRecord& noted) {
  auto* words = reinterpret_cast<volatile uint32_t*>(&noted);
  for (uint32_t i = 0; i < sizeof noted / sizeof *words; ++i) {
    words[i] = 0;
  }
}

// Above 4 GiB is beyond kReadableEnd, and beyond this mode's reach.
uint32_t low_address(uint64_t address) {
  return address < kReadableEnd ? static_cast<uint32_t>(address) : kReadableEnd;
}

uint32_t linear(const abi::FaultRecord& fault, uint32_t segment, uint64_t offset) {
  const bool real = fault.mode == static_cast<uint8_t>(abi::FaultMode::kReal);
  return low_address(real ? (segment << 4) + offset : offset);
}

}  // namespace

void complete_fault_record(abi::FaultRecord& fault) {
  const uint32_t address = abi::kRealBase + static_cast<uint32_t>(reinterpret_cast<uintptr_t>(kjump_fault));
  auto* noted = reinterpret_cast<abi::FaultRecord*>(address);
  fault = *noted;
  forget(*noted);
  copy_where_readable(fault.code, linear(fault, fault.cs, fault.ip), sizeof fault.code);
  copy_where_readable(fault.stack, linear(fault, fault.ss, fault.sp), sizeof fault.stack);
  fault.in_firmware = kjump_running_call != nullptr ? 1 : 0;
  if (kjump_running_call != nullptr) {
    fault.call = *kjump_running_call;
    kjump_running_call = nullptr;
  }
}

}  // namespace kjump::supervisor
