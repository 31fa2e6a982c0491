// SPDX-License-Identifier: MIT
#include "host/wake/check_wake.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <kjump/abi/layout.hpp>

#include "host/checks.hpp"
#include "host/firmware.hpp"
#include "host/kernel_version.hpp"
#include "host/wake/forgotten_config.hpp"
#include "host/wake/mem_sleep.hpp"
#include "host/wake/rtc_alarm.hpp"
#include "host/wake/wake_code.hpp"
#include "host/wake/wake_state.hpp"

namespace kjump {
namespace {

constexpr const char* kStateFile = "/sys/power/state";

Check check_sleep_state(const System& system) {
  static constexpr const char* kId = "sleep-state";
  static constexpr const char* kTitle = "machine sleeps in ACPI S3";
  if (!mem_sleep_offers(system, kDeep)) {
    const std::string offered = system.read_line(kMemSleepFile, "nothing");
    return failed(kId, kTitle, ErrorCode::kUnsupported,
                  fmt::format("{} offers {}, not deep", kMemSleepFile, offered),
                  "look for a setup option such as 'sleep state: Linux S3'; many recent laptops have none");
  }
  if (const auto fd = system.open(kStateFile, O_WRONLY); !fd) {
    return failed(kId, kTitle, ErrorCode::kForbidden, fd.error().text(),
                  "run as root, outside of containers, with /sys mounted read-write");
  }
  if (sleep_registers_lost(system)) {
    return failed(
        kId, kTitle, ErrorCode::kUnsupported,
        "the chipset's sleep registers are gone: firmware did not set them up again after the last suspend",
        "reboot; from then on kjump sees to it, for its own suspends");
  }
  return passed(kId, kTitle, fmt::format("deep is offered, '{}' is chosen", mem_sleep_choice(system)));
}

Check check_pm_test(const System& system) {
  static constexpr const char* kTitle = "suspends are not rehearsals";
  const std::string line = system.read_line("/sys/power/pm_test");
  if (line.empty() || line.find("[none]") != std::string::npos) {
    return passed("pm-test", kTitle, line.empty() ? "this kernel has no rehearsals" : "pm_test is none");
  }
  return failed("pm-test", kTitle, ErrorCode::kBusy, "pm_test is " + line, "echo none > /sys/power/pm_test");
}

Check check_wake_code(const System& system) {
  static constexpr const char* kId = "wake-code";
  static constexpr const char* kTitle = "the kernel's wake-up code is known";
  const auto code = find_wake_code(system);
  if (!code && system.exists(kWakeStateFile)) {
    return failed(kId, kTitle, ErrorCode::kBusy, "a kjump that runs or was killed has its own jump there",
                  "if none runs: kjump wake repair");
  }
  if (!code) {
    return failed(kId, kTitle, code.error().code, code.error().what + " (" + code.error().subject + ")",
                  code.error().hint);
  }
  if (code->block < abi::kImageEnd) {
    return failed(kId, kTitle, ErrorCode::kUnsupported,
                  fmt::format("it lies at {:#x}, where images have their place", code->address),
                  "this firmware leaves too little conventional memory");
  }
  return passed(kId, kTitle, fmt::format("at {:#x}", code->address));
}

Check check_alarm(System& system) {
  static constexpr const char* kId = "rtc-alarm";
  static constexpr const char* kTitle = "an alarm can wake the machine";
  const auto alarm = RtcAlarm::find(system);
  const auto now = alarm ? alarm->now() : tl::unexpected(alarm.error());
  if (!now) {
    return failed(kId, kTitle, now.error().code, now.error().text(), "load the module rtc_cmos");
  }
  const std::string switch_file = fmt::format("/sys/class/rtc/{}/device/power/wakeup", alarm->name());
  if (system.read_line(switch_file) == "disabled") {
    return failed(kId, kTitle, ErrorCode::kForbidden, alarm->name() + " may not wake the machine",
                  "echo enabled > " + switch_file);
  }
  return passed(kId, kTitle, "that of " + alarm->name());
}

// Below 5.13 the kernel hands memory below 1 MiB to anybody (f1d4d47c5851).
Check check_idle_memory(const System& system) {
  static constexpr const char* kId = "idle-memory";
  static constexpr const char* kTitle = "the kernel keeps nothing in low memory";
  const auto kernel = identify_kernel(system);
  if (kernel && !kernel->leaves_low_memory_idle()) {
    return failed(kId, kTitle, ErrorCode::kUnsupported,
                  "Linux " + kernel->version.text() + " may keep data of its own there",
                  "use Linux 5.13 or later");
  }
  return passed(kId, kTitle, "since Linux 5.13");
}

}  // namespace

std::vector<Check> check_wake_door(System& system) {
  return {check_sleep_state(system), check_pm_test(system), check_wake_code(system), check_alarm(system),
          check_idle_memory(system)};
}

}  // namespace kjump
