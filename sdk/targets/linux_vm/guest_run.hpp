// SPDX-License-Identifier: MIT
/// One start of the machine that LinuxVmOptions describe, with or without a Linux of ours in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <kjump/linux_vm.hpp>
#include <kjump/result.hpp>

#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/qemu.hpp"

namespace kjump::targets {

/// A machine that has run: its remains, and what came through the agent's port.
struct GuestRun {
  Artifacts artifacts;
  QemuOutcome outcome;
  std::string stream;

  /// The result with this nonce, or why there is none.
  [[nodiscard]] Result<JobResult> result(std::uint64_t nonce) const;
  /// Serial log, when it will still be there.
  [[nodiscard]] std::filesystem::path console() const;
};

/// Started by what `boot` adds to QEMU's arguments; nothing: by firmware.
[[nodiscard]] Result<GuestRun> run_machine(const LinuxVmOptions& options, std::chrono::milliseconds limit,
                                           const std::vector<std::string>& boot, Artifacts artifacts);

/// With our Linux, which does the job and marks its result with the nonce.
[[nodiscard]] Result<GuestRun> run_linux(const LinuxVmOptions& options, const Job& job, std::uint64_t nonce);

}  // namespace kjump::targets
