// SPDX-License-Identifier: MIT
/// What a kernel that was away needs: other random numbers than a second copy of it would have, and the time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/system.hpp"

namespace kjump::hibernate {

/// How far the system's clock is ahead of the real-time clock, which may count local time.
class ClockOffset {
 public:
  [[nodiscard]] static ClockOffset read(System& system);

  /// The kernel reads the real-time clock itself when it comes back; where it did not, this sets the system's
  /// clock. What was done, in words; empty: it was right to a second.
  [[nodiscard]] std::string set_right(System& system) const;

 private:
  std::optional<std::int64_t> seconds_;
};

/// Feeds the random generator (hibernation.md H15); in words what failed, else empty.
[[nodiscard]] std::string feed_entropy(System& system, std::span<const std::uint8_t> bytes);

}  // namespace kjump::hibernate
