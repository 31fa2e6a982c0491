// SPDX-License-Identifier: MIT
/// Options about every firmware call of a jump: its deadline, and the report on what it changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "report/contract.hpp"

namespace kjump::cli {

/// Milliseconds; `otherwise` says what holds without it.
template <typename Number>
void add_call_deadline(CLI::App& command, Number& milliseconds, const std::string& otherwise) {
  constexpr std::uint32_t kLongest = 86'400'000;
  command
      .add_option(
          "--call-deadline", milliseconds,
          "milliseconds for each firmware call, 0 for none but the jump's (default: " + otherwise + ")")
      ->check(CLI::Range(0U, kLongest))
      ->type_name("MS");
}

/// --report[=CLASSES]; `classes` is for report::parse_classes().
inline void add_report(CLI::App& command, std::string& classes) {
  command
      .add_flag(
          "--report{all}", classes,
          "compare what firmware calls must not change, of these classes: registers, flags, descriptors, "
          "control, caches, gates, interrupts, timers, memory, video, stack (default: all)")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto parsed = report::parse_classes(text);
            return parsed ? std::string() : parsed.error().text();
          },
          ""))
      ->type_name("[=CLASS,...]");
}

}  // namespace kjump::cli
