// SPDX-License-Identifier: MIT
/// A deadline for a second kernel, and the processor that holds it to it (abi/guard.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

inline constexpr std::uint32_t kMostDeadlineSeconds = 7 * 24 * 3600;

/// How many processors a kernel with this command line uses; none: all.
[[nodiscard]] std::optional<std::uint32_t> processors_of(const std::string& command_line);

struct GuardProcessor {
  std::uint32_t cpu = 0;
  std::uint32_t apic_id = 0;
};

/// A processor of this kernel that a second one with this command line will leave alone. An error says why
/// there is none, or why this machine would not let it do its work.
[[nodiscard]] Result<GuardProcessor> find_guard(const System& system, const std::string& second_command_line);

/// Writes into the request what the payload needs to guard a kernel with this memory; 0 seconds: nothing.
[[nodiscard]] Result<void> ask_for_guard(const System& system, std::uint32_t deadline_seconds,
                                         const std::string& second_command_line, const MemoryPiece& memory,
                                         abi::two_kernels::CrossingRequest& request);

}  // namespace kjump::two_kernels
