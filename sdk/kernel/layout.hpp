// SPDX-License-Identifier: MIT
/// Where a kernel that is started lies in the memory that it gets.
#pragma once

#include <cstdint>

#include <kjump/result.hpp>

#include "kernel/boot_image.hpp"

namespace kjump::two_kernels {

struct MemoryPiece {
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;

  [[nodiscard]] std::uint64_t end() const { return base + bytes; }
};

/// Page tables at the bottom, then the kernel with the room that it unpacks itself into, the initial RAM disk
/// at the top.
struct Layout {
  std::uint64_t tables = 0;  ///< kTableBytes
  std::uint64_t kernel = 0;
  std::uint64_t initrd = 0;
};

inline constexpr std::uint64_t kTableBytes = 0x10000;

/// As much as a kernel needs at the least, wherever it lies.
[[nodiscard]] std::uint64_t least_memory(const BootImage& image, std::uint64_t initrd_bytes);

/// An error when the memory is too small for them.
[[nodiscard]] Result<Layout> lay_out(const BootImage& image, std::uint64_t initrd_bytes,
                                     const MemoryPiece& memory);

}  // namespace kjump::two_kernels
