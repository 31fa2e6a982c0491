// SPDX-License-Identifier: MIT
#include "hibernate/after_restore.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "host/wake/rtc_alarm.hpp"

namespace kjump::hibernate {
namespace {

// The clock that the kernel itself set its time from (drivers/rtc/class.c: CONFIG_RTC_HCTOSYS_DEVICE).
constexpr const char* kClock = "rtc0";

std::optional<std::int64_t> ahead_of_clock(System& system) {
  const auto clock = RtcAlarm::named(system, kClock).now();
  return clock ? std::optional(static_cast<std::int64_t>(system.wall_seconds()) -
                               static_cast<std::int64_t>(*clock))
               : std::nullopt;
}

}  // namespace

ClockOffset ClockOffset::read(System& system) {
  ClockOffset offset;
  offset.seconds_ = ahead_of_clock(system);
  return offset;
}

std::string ClockOffset::set_right(System& system) const {
  const auto now = ahead_of_clock(system);
  if (!seconds_ || !now || std::llabs(*now - *seconds_) <= 1) {  // both clocks' seconds may just have changed
    return {};
  }
  const std::int64_t wrong = *now - *seconds_;
  const auto right = static_cast<std::int64_t>(system.wall_seconds()) - wrong;
  if (const int error = system.set_wall_seconds(static_cast<std::uint64_t>(right)); error != 0) {
    return fmt::format("the clock is {} s wrong and cannot be set: {}", wrong, std::strerror(error));
  }
  return fmt::format("set the clock, which was {} s {}", std::llabs(wrong), wrong < 0 ? "behind" : "ahead");
}

std::string feed_entropy(System& system, std::span<const std::uint8_t> bytes) {
  const int error = system.add_entropy(bytes);
  return error == 0 ? "" : fmt::format("could not feed the random generator: {}", std::strerror(error));
}

}  // namespace kjump::hibernate
