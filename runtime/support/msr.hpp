// SPDX-License-Identifier: MIT
/// Model-specific registers. Physical mode only; an MSR that does not exist faults (#GP).
#pragma once

#include <stdint.h>

namespace kjump {

[[nodiscard]] inline uint64_t read_msr(uint32_t number) {
  uint64_t value = 0;
  asm volatile("rdmsr" : "=A"(value) : "c"(number));
  return value;
}

inline void write_msr(uint32_t number, uint64_t value) {
  asm volatile("wrmsr" : : "A"(value), "c"(number));
}

}  // namespace kjump
