// SPDX-License-Identifier: MIT
/// How fast the time-stamp counter runs, measured against CLOCK_MONOTONIC_RAW.
#pragma once

#include <cstdint>
#include <optional>

#include "host/system.hpp"

namespace kjump {

/// Ticks counted in some time.
struct TscRate {
  std::uint64_t ticks = 0;
  std::uint64_t nanoseconds = 0;

  /// Ticks in a millisecond; 0 when nothing was measured.
  [[nodiscard]] std::uint32_t khz() const {
    const double value =
        nanoseconds == 0 ? 0 : static_cast<double>(ticks) * 1e6 / static_cast<double>(nanoseconds);
    return value < UINT32_MAX ? static_cast<std::uint32_t>(value) : 0;
  }

  /// Empty when nothing was measured.
  [[nodiscard]] std::optional<std::uint64_t> microseconds(std::uint64_t elapsed_ticks) const {
    if (ticks == 0 || nanoseconds == 0) {
      return std::nullopt;
    }
    const double per_tick = static_cast<double>(nanoseconds) / static_cast<double>(ticks);
    return static_cast<std::uint64_t>(static_cast<double>(elapsed_ticks) * per_tick / 1000.0);
  }
};

/// Begins a measurement; other work may be done before finish(), which waits for the rest of the sample.
class TscCalibration {
 public:
  explicit TscCalibration(const System& system)
      : system_(system), ticks_(system.timestamp()), nanoseconds_(system.monotonic_ns()) {}

  [[nodiscard]] TscRate finish() const {
    // Both clocks are read within some tens of nanoseconds, with a slow clock source within a microsecond or
    // two: 200 us are good for two to three digits. As a rule the work in between took longer than that.
    constexpr std::uint64_t kSampleNs = 200'000;
    const std::uint64_t elapsed = system_.monotonic_ns() - nanoseconds_;
    if (elapsed < kSampleNs) {
      system_.sleep_ns(kSampleNs - elapsed);
    }
    return {system_.timestamp() - ticks_, system_.monotonic_ns() - nanoseconds_};
  }

 private:
  const System& system_;
  std::uint64_t ticks_;
  std::uint64_t nanoseconds_;
};

}  // namespace kjump
