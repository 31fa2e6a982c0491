// SPDX-License-Identifier: MIT
/// What the commands of `kjump kernel` print.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "kernel/crossing.hpp"
#include "kernel/guard.hpp"
#include "kernel/registry.hpp"
#include "report/json_fields.hpp"
#include "report/terminal.hpp"

namespace kjump::cli {

inline constexpr const char* kCrossingJsonHelp = R"(print {"away_ms": NUMBER, "notes": [TEXT]})";

/// As --place names it; none for "auto".
inline std::optional<abi::two_kernels::Place> place_called(const std::string& name) {
  using abi::two_kernels::Place;
  for (const Place place : {Place::kHugePages, Place::kReserved, Place::kSwapped}) {
    if (name == two_kernels::place_name(place)) {
      return place;
    }
  }
  return std::nullopt;
}

/// `--deadline` of the commands that enter a second kernel.
inline void add_second_deadline(CLI::App& command, std::uint32_t& seconds) {
  command
      .add_option("--deadline", seconds,
                  "seconds after which it is stopped if it has not come back, hung or not; another processor "
                  "of this machine watches")
      ->check(CLI::Range(std::uint32_t{1}, two_kernels::kMostDeadlineSeconds));
}

inline std::string away_text(std::uint64_t microseconds) {
  constexpr double kMillisecond = 1000;
  constexpr double kSecond = 1'000'000;
  const auto value = static_cast<double>(microseconds);
  return value < kSecond ? fmt::format("{:.1f} ms", value / kMillisecond)
                         : fmt::format("{:.2f} s", value / kSecond);
}

inline std::string crossing_text(const two_kernels::CrossingReport& report) {
  std::string text = fmt::format("back after {}\n", away_text(report.away_us));
  for (const std::string& note : report.notes) {
    text += "note: " + report::for_terminal(note) + "\n";
  }
  return text;
}

inline nlohmann::ordered_json crossing_json(const two_kernels::CrossingReport& report) {
  constexpr double kMillisecond = 1000;
  return {{"away_ms", static_cast<double>(report.away_us) / kMillisecond}, {"notes", report.notes}};
}

}  // namespace kjump::cli
