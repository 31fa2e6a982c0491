// SPDX-License-Identifier: MIT
#include <kjump/payload.hpp>

namespace kjump {

uint64_t read_tsc() {
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return uint64_t{high} << 32 | low;
}

}  // namespace kjump
