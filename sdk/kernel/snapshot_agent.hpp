// SPDX-License-Identifier: MIT
/// The business of a second kernel that only saves the first one: kjump as its init.
#pragma once

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/snapshot_format.hpp"

namespace kjump::two_kernels {

/// A word on its command line: this kjump is init there, and for this.
inline constexpr const char* kSnapshotOption = "kjump.snapshot";

/// Writes the first kernel's memory (/proc/vmcore), without its free pages, to where the job says.
[[nodiscard]] Result<SnapshotEntry> save_first_kernel(const System& system,
                                                      const abi::two_kernels::HandOff& page);

/// Saves and goes back, each time that it is entered; returns only when it cannot.
[[nodiscard]] Result<void> run_snapshot_agent(System& system);

}  // namespace kjump::two_kernels
