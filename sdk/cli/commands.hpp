// SPDX-License-Identifier: MIT
/// The commands of the kjump program. Each lives in a file of its own and adds itself to the parser.
#pragma once

#include <CLI/CLI.hpp>

#include <kjump/result.hpp>

namespace kjump::cli {

// Exit codes of the program; documented in README.md.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// Thrown by a command's callback to end the program with an exit code (CLI11 callbacks return void).
struct Exit {
  int code;
};

/// Prints "kjump: TEXT" to stderr and ends with kExitFailed.
[[noreturn]] void die(const Error& error);

/// The value, or die().
template <typename T>
T value_or_die(Result<T> result) {
  if (!result) {
    die(result.error());
  }
  return *std::move(result);
}
inline void check_or_die(const Result<void>& result) {
  if (!result) {
    die(result.error());
  }
}

void add_doctor(CLI::App& app);
void add_link(CLI::App& app);
void add_inspect(CLI::App& app);
void add_run(CLI::App& app);
void add_bios(CLI::App& app);
void add_agent(CLI::App& app);
void add_guest(CLI::App& app);
void add_wake(CLI::App& app);
void add_last_crash(CLI::App& app);
void add_hibernate(CLI::App& app);
void add_image(CLI::App& app);
void add_resume(CLI::App& app);
void add_suspend_then_hibernate(CLI::App& app);
void add_kernel(CLI::App& app);
void add_snapshot(CLI::App& app);
/// kjump as init of the kernel that takes snapshots.
int run_as_snapshot_init();

// Of the group `kjump kernel`.
void add_kernel_restore(CLI::App& group);
void add_kernel_run(CLI::App& group);
void add_kernel_status(CLI::App& group);
void add_kernel_params(CLI::App& group);

// Of the group `kjump hibernate`.
void add_hibernate_prepare(CLI::App& group);
void add_hibernate_status(CLI::App& group);
void add_hibernate_discard(CLI::App& group);
void add_hibernate_save(CLI::App& group);  ///< the group's own callback
void add_hibernate_check(CLI::App& group);
void add_hibernate_facts(CLI::App& group);
void add_hibernate_install_boot(CLI::App& group);

}  // namespace kjump::cli
