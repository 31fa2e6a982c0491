// SPDX-License-Identifier: MIT
/// Reading the running kernel's own memory: symbols from /proc/kallsyms, content from /proc/kcore.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// Addresses of the named symbols. Absent or zero (kptr_restrict) symbols are an error that says which.
[[nodiscard]] Result<std::map<std::string, std::uint64_t>> kernel_symbols(
    const System& system, const std::vector<std::string>& names);

/// `bytes` bytes at a kernel virtual address, through the PT_LOADs of /proc/kcore.
[[nodiscard]] Result<std::string> read_kernel_memory(const System& system, std::uint64_t address,
                                                     std::size_t bytes);

/// The same at a physical address, of the kernel's System RAM. Pages that must not be read (poisoned,
/// offline) read as zeros.
[[nodiscard]] Result<std::string> read_physical_memory(const System& system, std::uint64_t address,
                                                       std::size_t bytes);

/// Memory that the kernel maps in one piece: the direct map's parts, and (x86_64) itself, where it runs.
struct KernelMapping {
  std::uint64_t address = 0;  ///< virtual
  std::uint64_t physical = 0;
  std::uint64_t bytes = 0;
};
/// Those that /proc/kcore lists with their physical addresses.
[[nodiscard]] Result<std::vector<KernelMapping>> kernel_mappings(const System& system);

/// The notes of /proc/kcore, as they lie there.
[[nodiscard]] Result<std::string> read_kernel_notes(const System& system);

}  // namespace kjump
