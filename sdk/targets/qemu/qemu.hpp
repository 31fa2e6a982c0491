// SPDX-License-Identifier: MIT
/// One run of QEMU, from its command line to a precise statement of how it ended.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "targets/qemu/artifacts.hpp"

namespace kjump::targets {

/// Stands for the guest's memory file in QemuSpec::arguments.
inline constexpr const char* kRamPlaceholder = "@RAM@";

struct QemuSpec {
  std::vector<std::string> arguments;       ///< without the program, without what every run gets
  std::chrono::milliseconds limit{10'000};  ///< hard: QEMU is killed then
  int ram_fd = -1;                          ///< what kRamPlaceholder stands for
  std::string accelerator;                  ///< as choose_accelerator() says it; empty: ask it
  /// Asked now and then while the guest runs; true ends the run as kFinished. May be empty.
  std::function<bool()> finished;
};

enum class QemuEnd {
  kDebugExit,     ///< the guest wrote to isa-debug-exit; value is what it wrote
  kGuestStopped,  ///< exit 0: the guest reset, shut down or triple-faulted
  kQemuError,     ///< exit 1: QEMU could not start or gave up; message says why
  kSignal,        ///< QEMU itself died of signal `value`
  kTimeout,       ///< the limit passed
  kFinished,      ///< QemuSpec::finished said so
};

struct QemuOutcome {
  QemuEnd end = QemuEnd::kTimeout;
  int value = 0;
  bool triple_fault = false;  ///< known under TCG only
  bool power_off = false;     ///< kGuestStopped: it switched the machine off
  std::string message;        ///< QEMU's standard error
  std::chrono::milliseconds limit{0};
};

/// Adds the arguments that every run has in common (logs, no reboot, no network, no display), writes
/// command.txt, runs. An Error means that QEMU could not be run at all.
[[nodiscard]] Result<QemuOutcome> run_qemu(const QemuSpec& spec, const Artifacts& artifacts);

/// The ending as a clause: "the guest triple-faulted", "QEMU refused: ...".
[[nodiscard]] std::string describe(const QemuOutcome& outcome);

/// An error about a guest: what, how QEMU ended, the log's telling lines, and how to repeat it. Keeps the
/// artifacts.
[[nodiscard]] Failure guest_failure(const std::string& what, const QemuOutcome& outcome,
                                    Artifacts& artifacts);

/// A path as a value in QEMU's option syntax, where a comma is written twice.
[[nodiscard]] std::string option_value(const std::filesystem::path& path);

/// A command line that a shell understands.
[[nodiscard]] std::string shell_quoted(const std::vector<std::string>& arguments);

}  // namespace kjump::targets
