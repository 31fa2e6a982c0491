// SPDX-License-Identifier: MIT
/// Two whole kernels: starting a second one beside this one, going there and back, and giving it up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "host/system.hpp"
#include "kernel/crossing.hpp"
#include "kernel/registry.hpp"

namespace kjump::two_kernels {

struct StartOptions {
  std::string kernel;  ///< bzImage
  std::string initrd;  ///< may be empty
  std::string append;  ///< command line
  std::uint64_t memory_bytes = 0;
  std::optional<abi::two_kernels::Place> place;  ///< none: the first that does
  std::optional<std::uint64_t> at;  ///< physical address of its memory; none: wherever there is some
  std::string name;
  abi::two_kernels::SnapshotJob snapshot{};  ///< for a kernel whose business that is
  std::uint32_t deadline_seconds = 0;        ///< 0: it may stay away for as long as it likes
  bool force = false;                        ///< in spite of what check_danger() finds
  Progress progress;
};

struct StartReport {
  KernelEntry entry;
  std::string reason;  ///< why the memory is of the kind that it is
  CrossingReport crossing;
};

/// Starts a kernel; returns when it jumps back. An error before the jump means that everything is as it was;
/// kTimeout that it was overdue, is lost and may be dropped.
[[nodiscard]] Result<StartReport> start_kernel(System& system, const StartOptions& options);

/// In the first kernel: lets the jump of the second one return. Returns when it jumps back; kTimeout as
/// above.
[[nodiscard]] Result<CrossingReport> enter_kernel(System& system, const std::string& name,
                                                  std::uint32_t deadline_seconds = 0);

/// In the second kernel: back to the first one. Returns when that one enters this one again.
[[nodiscard]] Result<CrossingReport> go_back(System& system);

/// Gives up a second kernel: its memory is this kernel's again.
[[nodiscard]] Result<KernelEntry> drop_kernel(System& system, const std::string& name);

struct KernelStatus {
  bool is_second = false;
  abi::two_kernels::HandOff page{};  ///< in the second kernel
  struct Known {
    KernelEntry entry;
    std::optional<abi::two_kernels::HandOff> page;  ///< none: it has never come back
    std::string lost;                               ///< why it can never be entered again; empty: it can
  };
  std::vector<Known> kernels;  ///< that this one has started
};
[[nodiscard]] Result<KernelStatus> kernel_status(System& system);

/// Saves the page of a kernel that has come back, or is lost, and whose kjump was killed before it could do
/// so.
[[nodiscard]] Result<void> adopt_page(const System& system, const Registry& registry);

}  // namespace kjump::two_kernels
