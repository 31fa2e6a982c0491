// SPDX-License-Identifier: MIT
/// How a second kernel finds the first one's memory: the ELF header that elfcorehdr= names (kernel
/// fs/proc/vmcore.c; kexec-tools writes the same for kdump). Offsets in it are physical addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kjump/result.hpp>

#include "host/kernel_memory.hpp"
#include "host/loaded_image.hpp"
#include "host/memory_map.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

/// Whole pages of the first kernel's memory.
struct CorePiece {
  std::uint64_t physical = 0;  ///< where that kernel has it
  std::uint64_t bytes = 0;
  std::uint64_t lies_at = 0;          ///< where it lies while that kernel waits: elsewhere, if it was swapped
  std::uint64_t virtual_address = 0;  ///< as that kernel maps it
};

/// What the first kernel has in memory while the second one runs, at its own place: all of `ram` but the
/// second one's own memory, here and in the first MiB; the hand-off page; and the kernel once more where it
/// runs. x86_64: `mappings` tell where the direct map lies.
[[nodiscard]] Result<std::vector<CorePiece>> core_pieces(const MemoryMap& ram,
                                                         std::span<const KernelMapping> mappings,
                                                         const MemoryPiece& second);

/// What was swapped out of the second one's memory: all but the pages that lie at their own place, which were
/// free in the first kernel and are the second one's while it runs. To what core_pieces() gave.
void add_displaced(std::vector<CorePiece>& pieces, std::span<const DisplacedRun> runs);

/// The header, for notes that lie in these pieces. An error when there are more pieces than such a file may
/// have.
[[nodiscard]] Result<std::vector<std::byte>> core_header(std::span<const MemoryPiece> notes,
                                                         std::span<const CorePiece> pieces);

}  // namespace kjump::two_kernels
