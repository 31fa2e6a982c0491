// SPDX-License-Identifier: MIT
/// Snapshots of a running system: a small second kernel saves this one's memory and comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "host/system.hpp"
#include "kernel/second_kernel.hpp"
#include "kernel/snapshot_store.hpp"

namespace kjump::two_kernels {

struct SnapshotOptions {
  std::string to;  ///< device or file
  SnapshotPlace how;
  std::string kernel;  ///< bzImage; empty: this kernel's own, in /boot
  std::string append;  ///< to its command line
  std::uint64_t memory_bytes = 0;
  std::optional<abi::two_kernels::Place> place;
  Progress progress;
};

struct SnapshotReport {
  bool restored = false;  ///< the system has just been restored from this snapshot; then nothing else is set
  SnapshotEntry entry{};
  std::optional<SnapshotEntry> before;  ///< the one before it in the series
  bool started = false;                 ///< the second kernel had to be started first
  std::uint64_t away_us = 0;
  std::uint64_t room_bytes = 0;  ///< left for others
  std::vector<std::string> notes;
};

/// The first one starts the second kernel, which then waits for the next. `program` is kjump itself, which
/// becomes that kernel's init.
[[nodiscard]] Result<SnapshotReport> take_snapshot(System& system, const SnapshotOptions& options,
                                                   const std::vector<std::byte>& program);

/// Whether the second kernel for it still has to be started, for which `program` is needed.
[[nodiscard]] bool has_snapshot_kernel(const System& system);

}  // namespace kjump::two_kernels
