// SPDX-License-Identifier: MIT
// Runs inside the guest. tsc_guest: the time-stamp counter, which two kernels of one machine have in common;
// tsc_guest --khz: its ticks in a millisecond, by this kernel's clock.
#include <unistd.h>
#include <x86intrin.h>

#include <chrono>
#include <cstdio>
#include <cstring>

namespace {

double ticks_in_a_millisecond() {
  using Clock = std::chrono::steady_clock;
  constexpr unsigned kSample = 500'000;  // microseconds
  const auto begin = Clock::now();
  const unsigned long long first = __rdtsc();
  ::usleep(kSample);
  const unsigned long long last = __rdtsc();
  return static_cast<double>(last - first) /
         std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--khz") == 0) {
    std::printf("%.0f\n", ticks_in_a_millisecond());
  } else {
    std::printf("%llu\n", static_cast<unsigned long long>(__rdtsc()));
  }
}
