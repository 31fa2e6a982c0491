// SPDX-License-Identifier: MIT
#include "targets/vm/tsc.hpp"

#include <x86intrin.h>

namespace kjump::targets {

TscRate::TscRate() : start_(std::chrono::steady_clock::now()), ticks_(__rdtsc()) {}

double TscRate::ticks_per_microsecond() const {
  const std::uint64_t ticks = __rdtsc() - ticks_;
  const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - start_;
  return passed.count() > 0 ? static_cast<double>(ticks) / passed.count() : 0;
}

}  // namespace kjump::targets
