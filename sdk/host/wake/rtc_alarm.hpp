// SPDX-License-Identifier: MIT
/// The real-time clock's alarm, which wakes the machine from S3 (Documentation/ABI/testing/rtc-cdev, sysfs
/// attribute wakealarm). Times are seconds as the clock counts them, which may be local time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

class RtcAlarm {
 public:
  /// The first clock whose alarm can wake the machine. `system` must outlive the object.
  [[nodiscard]] static Result<RtcAlarm> find(System& system);

  /// The clock of that name, whether it exists or not.
  [[nodiscard]] static RtcAlarm named(System& system, std::string name) { return {system, std::move(name)}; }

  [[nodiscard]] const std::string& name() const { return name_; }  ///< "rtc0"

  /// The clock's time now.
  [[nodiscard]] Result<std::uint64_t> now() const;

  /// A moment at which the clock went on to a new second.
  struct Tick {
    std::uint64_t second = 0;        ///< the clock's
    std::uint64_t monotonic_ns = 0;  ///< System::monotonic_ns() just after
  };
  /// Waits for the next one that is seen sharply, at most five seconds.
  [[nodiscard]] Result<Tick> wait_for_tick() const;

  /// When the alarm is set to go off; empty when it is not set.
  [[nodiscard]] std::optional<std::uint64_t> armed() const;

  /// Sets it, and reads back what the clock took.
  [[nodiscard]] Result<void> set(std::uint64_t when);

  /// Makes it what armed() said before. An alarm that was missed meanwhile goes off two seconds from now.
  /// True when that was so.
  [[nodiscard]] Result<bool> restore(std::optional<std::uint64_t> before);

 private:
  RtcAlarm(System& system, std::string name) : system_(&system), name_(std::move(name)) {}
  [[nodiscard]] std::string file(const std::string& attribute) const;

  System* system_;
  std::string name_;
};

}  // namespace kjump
