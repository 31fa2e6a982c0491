// SPDX-License-Identifier: MIT
/// Where a kernel that is started lies in the memory that it gets.
#pragma once

#include <cstdint>

#include <kjump/abi/guard.hpp>
#include <kjump/result.hpp>

#include "kernel/boot_image.hpp"

namespace kjump::two_kernels {

struct MemoryPiece {
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;

  [[nodiscard]] std::uint64_t end() const { return base + bytes; }
};

/// At the bottom what is not the kernel's own: page tables, and the first kernel's snapshot while it is
/// guarded. Then the kernel with the room that it unpacks itself into, the initial RAM disk at the top.
struct Layout {
  std::uint64_t tables = 0;    ///< kTableBytes
  std::uint64_t snapshot = 0;  ///< abi::two_kernels::kSnapshotBytes
  std::uint64_t kernel = 0;
  std::uint64_t initrd = 0;
};

inline constexpr std::uint64_t kTableBytes = 0x10000;
inline constexpr std::uint64_t kHeadBytes = kTableBytes + abi::two_kernels::kSnapshotBytes;
static_assert(kHeadBytes % abi::kPageBytes == 0);

[[nodiscard]] constexpr std::uint64_t snapshot_in(const MemoryPiece& memory) {
  return memory.base + kTableBytes;
}

/// As much as a kernel needs at the least, wherever it lies.
[[nodiscard]] std::uint64_t least_memory(const BootImage& image, std::uint64_t initrd_bytes);

/// An error when the memory is too small for them.
[[nodiscard]] Result<Layout> lay_out(const BootImage& image, std::uint64_t initrd_bytes,
                                     const MemoryPiece& memory);

}  // namespace kjump::two_kernels
