// SPDX-License-Identifier: MIT
/// CPUID. Legal in both payload modes.
#pragma once

#include <stdint.h>

namespace kjump {

struct Cpuid {
  uint32_t eax, ebx, ecx, edx;
};

[[nodiscard]] inline Cpuid cpuid(uint32_t leaf) {
  Cpuid out{};
  asm volatile("cpuid" : "=a"(out.eax), "=b"(out.ebx), "=c"(out.ecx), "=d"(out.edx) : "a"(leaf), "c"(0));
  return out;
}

}  // namespace kjump
