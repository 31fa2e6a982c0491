// SPDX-License-Identifier: MIT
/// Options and progress that the commands of hibernation share.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include <kjump/door.hpp>
#include <kjump/target.hpp>

#include "report/terminal.hpp"

namespace kjump::cli {

inline constexpr double kLongestDiskTimeout = 3600;  // seconds
inline constexpr double kLongestDeadline = 4 * 3600;

inline CLI::Option* add_door(CLI::App& command, DoorOptions& door) {
  static const std::map<std::string, DoorChoice> names{
      {"auto", DoorChoice::kAuto}, {"kexec", DoorChoice::kKexec}, {"wake", DoorChoice::kWake}};
  command.add_option("--alarm", door.alarm_seconds,
                     "wake door: seconds until the alarm wakes the machine (default: as few as are safe)");
  return command.add_option("--door", door.choice, "how to leave Linux, by kexec jump or by ACPI S3 (wake)")
      ->transform(CLI::CheckedTransformer(names))
      ->type_name("auto|kexec|wake");
}

/// In milliseconds, given in seconds.
inline void add_disk_timeout(CLI::App& command, std::uint32_t& milliseconds) {
  command
      .add_option_function<double>(
          "--disk-timeout",
          [&milliseconds](double seconds) {
            milliseconds = static_cast<std::uint32_t>(std::lround(seconds * 1000));
          },
          "seconds until a request that the disk does not answer is given up (default: 10)")
      ->check(CLI::Range(0.001, kLongestDiskTimeout))
      ->type_name("S");
}

/// In milliseconds, given in seconds: of the whole payload.
inline void add_payload_deadline(CLI::App& command, std::uint32_t& milliseconds) {
  command
      .add_option_function<double>(
          "--deadline",
          [&milliseconds](double seconds) {
            milliseconds = static_cast<std::uint32_t>(std::lround(seconds * 1000));
          },
          "seconds until the payload is stopped and Linux goes on (default: two minutes, and as long as the "
          "slowest disk takes for this machine's memory)")
      ->check(CLI::Range(1.0, kLongestDeadline))
      ->type_name("S");
}

/// "kjump: note: ..." on standard error, at once.
inline Progress notes_to_stderr() {
  return [](const std::string& note) {
    std::fprintf(stderr, "kjump: note: %s\n", report::for_terminal(note).c_str());
  };
}

}  // namespace kjump::cli
