// SPDX-License-Identifier: MIT
/// 64 by 32 bits, which 32-bit code would need a library for.
#pragma once

#include <stdint.h>

namespace kjump::support {

/// `dividend` / `divisor`, at most 2^32 - 1. `divisor` is not 0.
inline uint32_t quotient(uint64_t dividend, uint32_t divisor) {
  auto low = static_cast<uint32_t>(dividend);
  auto high = static_cast<uint32_t>(dividend >> 32);
  if (high >= divisor) {
    return 0xFFFFFFFF;
  }
  asm("divl %2" : "+a"(low), "+d"(high) : "r"(divisor) : "cc");
  return low;
}

}  // namespace kjump::support
