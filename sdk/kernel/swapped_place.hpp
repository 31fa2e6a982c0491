// SPDX-License-Identifier: MIT
/// Memory for a second kernel that is this kernel's in between: segments of the kexec image, which the kernel
/// swaps in and out at each jump. Nothing is reserved and no huge pages are needed; the price is kexec's
/// limit of half the memory, and as much free memory again (two_kernels.md 3, "seg").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/result.hpp>

#include "host/page_flags.hpp"
#include "host/pinned_memory.hpp"
#include "host/system.hpp"
#include "kernel/core_area.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

class SwappedPlace {
 public:
  /// Chooses `bytes` below 4 GiB of which this kernel holds nothing for good, above all not its own text and
  /// per-CPU areas: its other processors are parked there, and MWAIT may wake them at any time (4.5). The
  /// more of it is free the better. None of what `others` have. Nothing is touched.
  [[nodiscard]] static Result<SwappedPlace> choose(System& system, std::uint64_t bytes,
                                                   std::span<const MemoryPiece> others);

  [[nodiscard]] MemoryPiece piece() const { return piece_; }
  /// 2 MiB outside of it that stay this kernel's, for as long as the object lives; none if there are no huge
  /// pages at all.
  [[nodiscard]] CoreRoom spare() const {
    return spare_ ? CoreRoom{spare_->pages().front(), spare_->bytes()} : CoreRoom{};
  }
  /// Room for content; the address is a multiple of the page size.
  [[nodiscard]] std::span<std::byte> room(std::uint64_t address, std::size_t bytes);
  /// All of the piece, with the content, zero elsewhere. An error when there is no memory for it now. The
  /// content is moved away.
  [[nodiscard]] Result<std::vector<Segment>> segments(const System& system);

 private:
  SwappedPlace(const MemoryPiece& piece, std::optional<PinnedMemory> spare)
      : piece_(piece), spare_(std::move(spare)) {}

  MemoryPiece piece_;
  std::optional<PinnedMemory> spare_;
  std::vector<Segment> rooms_;
};

/// The first of `units` neighbours with nothing held and as many free pages as can be.
[[nodiscard]] std::optional<std::size_t> best_window(std::span<const PageUse> uses, std::size_t units);

/// Segments that cover the piece: what lies between two rooms is added to the one before.
[[nodiscard]] std::vector<Segment> cover_with_segments(const MemoryPiece& piece, std::vector<Segment> rooms);

}  // namespace kjump::two_kernels
