// SPDX-License-Identifier: MIT
/// Makes a wake-up event that comes too early end the next suspend, instead of being slept through: the
/// protocol of /sys/power/wakeup_count (Documentation/ABI/testing/sysfs-power).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/system.hpp"

namespace kjump {

/// Between count() and start() the caller looks whether its event is still to come. The kernel forgets the
/// watch when the machine sleeps, the destructor in every other case: a suspend that is not ours finds the
/// kernel as it was.
class EventWatch {
 public:
  /// `system` must outlive the object.
  explicit EventWatch(System& system) : system_(system) {}
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;
  EventWatch(EventWatch&&) = delete;
  EventWatch& operator=(EventWatch&&) = delete;
  ~EventWatch() { stop(); }

  /// Counts the events so far. Does nothing on a kernel without the count, and while a wake-up source is
  /// active: reading the count would wait for its end.
  void count();

  /// From now on events end a suspend. False when one has come since count().
  [[nodiscard]] bool start();

  void stop();

 private:
  System& system_;
  std::optional<std::uint64_t> events_;
  bool started_ = false;
};

}  // namespace kjump
