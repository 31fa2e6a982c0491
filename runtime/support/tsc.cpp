// SPDX-License-Identifier: MIT
#include <kjump/payload.hpp>

namespace kjump {

uint64_t read_tsc() {
  uint64_t ticks = 0;
  asm volatile("rdtsc" : "=A"(ticks));
  return ticks;
}

}  // namespace kjump
