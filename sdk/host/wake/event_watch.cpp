// SPDX-License-Identifier: MIT
#include "host/wake/event_watch.hpp"

#include <algorithm>
#include <charconv>

namespace kjump {
namespace {

constexpr const char* kCountFile = "/sys/power/wakeup_count";
constexpr const char* kSources = "/sys/class/wakeup";

bool source_is_active(const System& system) {
  const auto sources = system.list_directory(kSources);
  return std::any_of(sources.begin(), sources.end(), [&](const std::string& name) {
    return system.read_line(std::string(kSources) + "/" + name + "/active_time_ms", "0") != "0";
  });
}

}  // namespace

void EventWatch::count() {
  events_.reset();
  if (source_is_active(system_)) {
    return;
  }
  const std::string text = system_.read_line(kCountFile);
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ptr != text.data()) {
    events_ = value;
  }
}

bool EventWatch::start() {
  if (!events_) {
    return true;
  }
  started_ = system_.write_line(kCountFile, std::to_string(*events_)) == 0;
  return started_;
}

// The kernel refuses a count that is not its own, and ends the watch (drivers/base/power/wakeup.c:
// pm_save_wakeup_count). Counts only grow: one that has been is never right again.
void EventWatch::stop() {
  if (started_) {
    static_cast<void>(
        system_.write_line(kCountFile, std::to_string(static_cast<std::uint32_t>(*events_ - 1))));
    started_ = false;
  }
}

}  // namespace kjump
