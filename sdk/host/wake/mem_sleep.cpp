// SPDX-License-Identifier: MIT
#include "host/wake/mem_sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <vector>

namespace kjump {
namespace {

constexpr const char* kTestFile = "/sys/power/pm_test";
constexpr const char* kTestDelayFile = "/sys/module/suspend/parameters/pm_test_delay";
constexpr const char* kDurationFile = "/run/kjump.suspend-time";
constexpr const char* kFreezeTimeoutFile = "/sys/power/pm_freeze_timeout";  // milliseconds
constexpr const char* kStatistics = "/sys/power/suspend_stats/";
constexpr std::array kSteps{"freeze", "prepare", "suspend", "suspend_late", "suspend_noirq"};

// A line of sysfs that lists choices, the current one in brackets: "none [devices] core".
struct Choices {
  std::vector<std::string> all;
  std::string current;
};

Choices read_choices(const System& system, const std::string& path) {
  Choices choices;
  std::istringstream words(system.read_line(path));
  for (std::string word; words >> word;) {
    if (word.size() > 2 && word.front() == '[' && word.back() == ']') {
      word = word.substr(1, word.size() - 2);
      choices.current = word;
    }
    choices.all.push_back(word);
  }
  return choices;
}

bool offers(const Choices& choices, const std::string& choice) {
  return std::find(choices.all.begin(), choices.all.end(), choice) != choices.all.end();
}

// The deepest rehearsal that there is: "core" takes other CPUs down as well.
std::string deepest_test(const System& system) {
  const Choices choices = read_choices(system, kTestFile);
  for (const char* level : {"core", "processors", "platform", "devices"}) {
    if (offers(choices, level)) {
      return level;
    }
  }
  return {};
}

/// One sysfs file with another content for as long as the object lives.
class Setting {
 public:
  Setting(System& system, std::string path, std::string before, const std::string& now)
      : system_(system), path_(std::move(path)), before_(std::move(before)) {
    error_ = system_.write_line(path_, now);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  Setting(Setting&&) = delete;
  Setting& operator=(Setting&&) = delete;
  ~Setting() { static_cast<void>(system_.write_line(path_, before_)); }
  [[nodiscard]] int error() const { return error_; }

 private:
  System& system_;
  std::string path_;
  std::string before_;
  int error_ = 0;
};

using FailureCounts = std::array<std::string, kSteps.size()>;

FailureCounts count_failures(const System& system) {
  FailureCounts counts;
  std::transform(kSteps.begin(), kSteps.end(), counts.begin(), [&](const char* step) {
    return system.read_line(fmt::format("{}failed_{}", kStatistics, step));
  });
  return counts;
}

// The step of suspending whose failures have become more; empty when none has.
std::string failed_step(const FailureCounts& before, const FailureCounts& after) {
  const auto* const differs = std::mismatch(before.begin(), before.end(), after.begin()).first;
  return differs == before.end() ? std::string() : kSteps[static_cast<std::size_t>(differs - before.begin())];
}

// A task that does not freeze is given all of this time; a wake-up event ends freezing at once, and the
// kernel counts that under "freeze", too (kernel/power/process.c: try_to_freeze_tasks).
std::uint64_t freeze_limit_ns(const System& system) {
  return std::strtoull(system.read_line(kFreezeTimeoutFile, "20000").c_str(), nullptr, 10) * 1'000'000;
}

std::string explain(const System& system, const std::string& step, int error, std::uint64_t duration_ns) {
  const bool freezing = step == "freeze";
  if (freezing && duration_ns >= freeze_limit_ns(system)) {
    return "a task could not be frozen; dmesg names it (\"refusing to freeze\")";
  }
  if (!step.empty() && !freezing) {
    const std::string device = system.read_line(std::string(kStatistics) + "last_failed_dev");
    return fmt::format("device {} refused in step '{}'; unload its driver and try again",
                       device.empty() ? "(see dmesg)" : device, step);
  }
  if (error == EBUSY) {
    const std::string irq = system.read_line("/sys/power/pm_wakeup_irq");
    return fmt::format("a wake-up event came in between{}, or another suspend is going on; try again",
                       irq.empty() ? " (alarm, key, power button, network)" : " (interrupt " + irq + ")");
  }
  if (error == EPERM || error == EACCES) {
    return "run as root, outside of containers, without kernel lockdown";
  }
  return "kjump doctor says what sleep states the kernel has, dmesg what went wrong";
}

Result<std::uint64_t> rehearse(System& system, const std::string& level) {
  const Setting delay(system, kTestDelayFile, system.read_line(kTestDelayFile, "5"), "0");
  const Setting test(system, kTestFile, "none", level);
  if (test.error() != 0) {
    return fail(ErrorCode::kSystem, "cannot rehearse a suspend", kTestFile, {}, test.error());
  }
  const std::uint64_t start = system.boottime_ns();
  const Suspended suspended = suspend_and_explain(system);
  const std::uint64_t end = system.boottime_ns();
  if (suspended.error != 0) {
    return fail(suspended.error == EBUSY ? ErrorCode::kBusy : ErrorCode::kSystem,
                "a rehearsal of the suspend was refused", "/sys/power/state", suspended.why, suspended.error);
  }
  return end - start;
}

std::optional<std::uint64_t> kept_duration(const System& system) {
  const std::string text = system.read_line(kDurationFile);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end != text.data() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string mem_sleep_choice(const System& system) {
  return read_choices(system, kMemSleepFile).current;
}

bool mem_sleep_offers(const System& system, const std::string& choice) {
  return offers(read_choices(system, kMemSleepFile), choice);
}

Result<void> choose_mem_sleep(System& system, const std::string& choice) {
  if (const int error = system.write_line(kMemSleepFile, choice); error != 0) {
    return fail(ErrorCode::kSystem, "cannot choose the sleep state '" + choice + "'", kMemSleepFile, {},
                error);
  }
  return {};
}

Result<std::optional<std::uint64_t>> suspend_duration(System& system) {
  if (const auto kept = kept_duration(system)) {
    return kept;
  }
  const std::string level = deepest_test(system);
  if (level.empty()) {
    return std::nullopt;
  }
  KJUMP_TRY(const std::uint64_t duration, rehearse(system, level));
  keep_suspend_duration(system, duration);
  return duration;
}

void keep_suspend_duration(const System& system, std::uint64_t nanoseconds) {
  if (kept_duration(system).value_or(0) >= nanoseconds) {
    return;
  }
  // Without it the next kjump rehearses again, that is all.
  static_cast<void>(system.replace_file(kDurationFile, std::to_string(nanoseconds) + "\n"));
}

Suspended suspend_and_explain(System& system) {
  const FailureCounts before = count_failures(system);
  Suspended result;
  const std::uint64_t start = system.monotonic_ns();
  result.error = system.suspend();
  if (result.error != 0) {
    const std::uint64_t duration = system.monotonic_ns() - start;
    result.why = explain(system, failed_step(before, count_failures(system)), result.error, duration);
  }
  return result;
}

}  // namespace kjump
