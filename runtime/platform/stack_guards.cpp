// SPDX-License-Identifier: MIT
#include "platform/stack_guards.hpp"

#include <kjump/abi/fault.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::platform {

namespace {

// DR7: enabled, on writes, four bytes; breakpoint n has its enable bits at 2n, its kind at 16 + 4n.
constexpr uint32_t kFixed = 1u << 10;  // reads as one
constexpr uint32_t kEnabled = 2;       // globally
constexpr uint32_t kWriteOfFour = 0b1101;
constexpr uint32_t kNothingHappened = 0xFFFF0FF0;  // DR6

constexpr uint32_t control() {
  uint32_t bits = kFixed;
  for (uint32_t i = 0; i < 4; ++i) {
    bits |= kEnabled << 2 * i | kWriteOfFour << (16 + 4 * i);
  }
  return bits;
}

// The exception itself goes onto the stack that is full, twice when its frame hits the guard again: leave
// room.
constexpr uint32_t kRoom = 128;

// In the order of abi::Guard.
constexpr uint32_t kGuarded[4] = {abi::kRealBase + abi::kRealStackTop + kRoom,
                                  abi::kRealBase + abi::kSupervisorStackTop + kRoom,
                                  abi::kFlatCodeEnd + kRoom, abi::kRealBase - 4};

}  // namespace

StackGuards::StackGuards() {
  asm volatile("mov %%dr0, %0" : "=r"(before_[0]));
  asm volatile("mov %%dr1, %0" : "=r"(before_[1]));
  asm volatile("mov %%dr2, %0" : "=r"(before_[2]));
  asm volatile("mov %%dr3, %0" : "=r"(before_[3]));
  asm volatile("mov %%dr7, %0" : "=r"(control_before_));
  asm volatile("mov %0, %%dr0" : : "r"(kGuarded[0]));
  asm volatile("mov %0, %%dr1" : : "r"(kGuarded[1]));
  asm volatile("mov %0, %%dr2" : : "r"(kGuarded[2]));
  asm volatile("mov %0, %%dr3" : : "r"(kGuarded[3]));
  asm volatile("mov %0, %%dr6" : : "r"(kNothingHappened));
  asm volatile("mov %0, %%dr7" : : "r"(control()));
}

StackGuards::~StackGuards() {
  asm volatile("mov %0, %%dr7" : : "r"(kFixed));
  asm volatile("mov %0, %%dr0" : : "r"(before_[0]));
  asm volatile("mov %0, %%dr1" : : "r"(before_[1]));
  asm volatile("mov %0, %%dr2" : : "r"(before_[2]));
  asm volatile("mov %0, %%dr3" : : "r"(before_[3]));
  asm volatile("mov %0, %%dr6" : : "r"(kNothingHappened));
  asm volatile("mov %0, %%dr7" : : "r"(control_before_));
}

}  // namespace kjump::platform
