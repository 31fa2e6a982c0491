// SPDX-License-Identifier: MIT
/// Sizes and times for people; errors for programs.
#pragma once

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "report/json.hpp"

namespace kjump::cli {

/// "512 bytes", "1.5 GiB".
inline std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kUnit = 1024;
  if (bytes < kUnit) {
    return fmt::format("{} bytes", bytes);
  }
  auto value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < kUnit) {
      break;
    }
    value /= kUnit;
    unit = next;
  }
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, unit);
}

/// Seconds since 1970 as "2026-11-21 16:43:19 UTC".
inline std::string utc_text(std::uint64_t seconds) {
  // What a damaged clock or record may hold, gmtime() refuses.
  constexpr std::uint64_t kYear9999 = 253'402'300'799;
  return seconds > kYear9999
             ? fmt::format("second {}", seconds)
             : fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// The value, or die(); with `json` the error also goes to standard output, in its JSON form.
template <typename T>
T value_or_die(Result<T> result, bool json) {
  if (!result && json) {
    std::fputs((report::to_json(result.error()) + "\n").c_str(), stdout);
  }
  return value_or_die(std::move(result));
}
inline void check_or_die(const Result<void>& result, bool json) {
  if (!result && json) {
    std::fputs((report::to_json(result.error()) + "\n").c_str(), stdout);
  }
  check_or_die(result);
}

}  // namespace kjump::cli
