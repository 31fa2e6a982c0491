// SPDX-License-Identifier: MIT
/// How fast the time-stamp counter runs.
#pragma once

#include <chrono>
#include <cstdint>

namespace kjump::targets {

/// Measures from its construction on. QEMU's guests see the host's counter, under TCG and KVM alike (with
/// an offset), so the host's rate is theirs.
class TscRate {
 public:
  TscRate();
  /// 0 when no time has passed.
  [[nodiscard]] double ticks_per_microsecond() const;

 private:
  std::chrono::steady_clock::time_point start_;
  std::uint64_t ticks_;
};

}  // namespace kjump::targets
