// SPDX-License-Identifier: MIT
#include "host/wake/rtc_alarm.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <utility>

namespace kjump {
namespace {

constexpr const char* kClass = "/sys/class/rtc";
constexpr std::uint64_t kPollNs = 1'000'000;
constexpr std::uint64_t kTickLimitNs = 5'000'000'000;
// Ticks, but none that was seen at once: the machine is busy (seen on emulators whose host is), which passes.
constexpr std::uint64_t kBusyLimitNs = 30'000'000'000;
// A tick between two looks that lie further apart than this is no use: the machine was busy elsewhere.
constexpr std::uint64_t kSharpNs = 30'000'000;
// An alarm closer than this may pass while it is being set.
constexpr std::uint64_t kSoon = 2;

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end != text.data() ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<RtcAlarm> RtcAlarm::find(System& system) {
  for (const std::string& name : system.list_directory(kClass)) {
    RtcAlarm alarm(system, name);
    if (system.exists(alarm.file("wakealarm"))) {
      return alarm;
    }
  }
  return fail(ErrorCode::kUnsupported, "no real-time clock has an alarm that can wake the machine", kClass,
              "load rtc_cmos, or look for the wake-up alarm in the firmware setup");
}

std::string RtcAlarm::file(const std::string& attribute) const {
  return fmt::format("{}/{}/{}", kClass, name_, attribute);
}

Result<std::uint64_t> RtcAlarm::now() const {
  const auto seconds = number(system_->read_line(file("since_epoch")));
  if (!seconds) {
    return fail(ErrorCode::kSystem, "the real-time clock cannot be read", file("since_epoch"),
                "set it with hwclock --systohc");
  }
  return *seconds;
}

Result<RtcAlarm::Tick> RtcAlarm::wait_for_tick() const {
  const std::uint64_t start = system_->monotonic_ns();
  std::uint64_t looked = start;
  KJUMP_TRY(std::uint64_t before, now());
  bool ticks = false;
  while (looked - start < (ticks ? kBusyLimitNs : kTickLimitNs)) {
    system_->sleep_ns(kPollNs);
    KJUMP_TRY(const std::uint64_t second, now());
    ticks = ticks || second != before;
    const std::uint64_t looked_before = std::exchange(looked, system_->monotonic_ns());
    if (second != before && looked - looked_before <= kSharpNs) {
      return Tick{second, looked};
    }
    before = second;
  }
  if (ticks) {
    return fail(ErrorCode::kBusy, "this machine is too busy to see when the real-time clock ticks", name_,
                "try again when it is idle");
  }
  return fail(ErrorCode::kSystem, "the real-time clock stands still", name_, "set it with hwclock --systohc");
}

std::optional<std::uint64_t> RtcAlarm::armed() const {
  return number(system_->read_line(file("wakealarm")));
}

Result<void> RtcAlarm::set(std::uint64_t when) {
  const auto refused = [&](int error) {
    return fail(ErrorCode::kSystem, "the real-time clock does not take an alarm", file("wakealarm"),
                "see dmesg; another program may hold the alarm", error);
  };
  // The kernel wants the old one cleared first.
  if (const int error = system_->write_line(file("wakealarm"), "0"); error != 0) {
    return refused(error);
  }
  if (const int error = system_->write_line(file("wakealarm"), std::to_string(when)); error != 0) {
    return refused(error);
  }
  if (armed() != when) {
    return refused(0);
  }
  return {};
}

Result<bool> RtcAlarm::restore(std::optional<std::uint64_t> before) {
  if (!before) {
    if (const int error = system_->write_line(file("wakealarm"), "0"); error != 0) {
      return fail(ErrorCode::kSystem, "cannot clear the alarm", file("wakealarm"), {}, error);
    }
    return false;
  }
  KJUMP_TRY(const std::uint64_t time, now());
  const bool missed = *before < time + kSoon;
  KJUMP_CHECK(set(missed ? time + kSoon : *before));
  return missed;
}

}  // namespace kjump
