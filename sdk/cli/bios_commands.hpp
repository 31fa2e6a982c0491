// SPDX-License-Identifier: MIT
/// What the commands below `kjump bios` share: options, one jump, and how its result is shown.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include <kjump/bios.hpp>

#include "bios/json.hpp"
#include "cli/commands.hpp"
#include "cli/target_options.hpp"

namespace kjump::cli {

struct BiosOptions {
  TargetOptions target;
  double deadline = 0;  ///< seconds, 0: the default
  std::optional<std::uint32_t> call_deadline_ms;
  std::string classes;  ///< of the contract report
  bool json = false;

  void add_to(CLI::App& command);
};

void add_bios_call(CLI::App& bios);
void add_bios_memory(CLI::App& bios);
void add_bios_machine(CLI::App& bios);  // equipment, clock
void add_bios_video(CLI::App& bios);
void add_bios_disks(CLI::App& bios);  // disks, read-sector

/// Makes the batch's calls in one jump on the chosen target. Dies when there was no jump; prints the
/// target's remarks to standard error.
[[nodiscard]] bios::BatchReply run_batch(const BiosOptions& options, const bios::Batch& batch);

/// die(), after the error as JSON where that was asked for.
[[noreturn]] void fail_command(const BiosOptions& options, const Error& error);

/// The same for a wrong command line: ends with kExitUsage.
[[noreturn]] void fail_usage(const Error& error);

/// To standard output, with nothing in it that a terminal would obey.
void print_text(const std::string& text);

void write_output(const std::filesystem::path& path, std::span<const std::byte> content);

/// One typed call from start to end: jump, decode, print.
template <typename T>
T run_typed(const BiosOptions& options, const bios::Batch& batch,
            Result<T> (*decode)(const bios::BatchReply&), std::string (*to_text)(const T&)) {
  Result<T> value = decode(run_batch(options, batch));
  if (!value) {
    fail_command(options, value.error());
  }
  print_text(options.json ? bios::to_json(*value).dump(2, ' ', true) + "\n" : to_text(*value));
  return *std::move(value);
}

}  // namespace kjump::cli
