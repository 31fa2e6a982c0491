// SPDX-License-Identifier: MIT
#include "platform/stack_marks.hpp"

#include <kjump/abi/layout.hpp>

namespace kjump::platform {

namespace {

struct Range {
  uint32_t bottom;
  uint32_t top;
};

}  // namespace

extern "C" const Range kjump_payload_stack;  // by the payload's mode: asm/run_*_payload.asm

namespace {

constexpr uint32_t kPattern = 0x6B6A756D;
constexpr uint32_t kWord = sizeof(uint32_t);
constexpr uint32_t kOwnFrames = 256;  // of the functions below

Range range_of(abi::Stack stack) {
  switch (stack) {
    case abi::Stack::kSupervisor:
      return {abi::kRealBase + abi::kRealCodeEnd, abi::kRealBase + abi::kSupervisorStackTop};
    case abi::Stack::kPayload:
      return kjump_payload_stack;
    case abi::Stack::kFirmware:
      break;
  }
  return {abi::kRealBase + abi::kRealStackTop, abi::kRealBase + abi::kFirmwareStackTop};
}

void fill(Range range) {
  uint32_t words = (range.top - range.bottom) / kWord;
  asm volatile("rep stosl" : "+D"(range.bottom), "+c"(words) : "a"(kPattern) : "memory");
}

// Address of the lowest word that is not the pattern any more.
uint32_t lowest_used(Range range) {
  uint32_t at = range.bottom;
  uint32_t words = (range.top - range.bottom) / kWord;
  bool differs = false;
  asm volatile("cmpl %%eax, %%eax\n\trepe scasl"
               : "+D"(at), "+c"(words), "=@ccne"(differs)
               : "a"(kPattern)
               : "memory");
  return differs ? at - kWord : range.top;
}

}  // namespace

void fill_stacks() {
  uint32_t own = 0;
  asm volatile("movl %%esp, %0" : "=r"(own));
  fill({range_of(abi::Stack::kSupervisor).bottom, own - kOwnFrames});
  fill(range_of(abi::Stack::kPayload));
  fill(range_of(abi::Stack::kFirmware));
}

abi::StackMark stack_mark(abi::Stack stack) {
  const Range range = range_of(stack);
  return {range.top - range.bottom, range.top - lowest_used(range)};
}

uint32_t firmware_stack_beyond(uint32_t bytes) {
  const Range range = range_of(abi::Stack::kFirmware);
  return range.top - lowest_used({range.bottom, range.top - bytes});
}

}  // namespace kjump::platform
