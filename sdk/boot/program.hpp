// SPDX-License-Identifier: MIT
/// A jump image as memory that a boot loader has to fill: no Linux is there to prepare anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kjump/abi/boot.hpp>
#include <kjump/image.hpp>
#include <kjump/result.hpp>

namespace kjump::boot {

/// Whole sectors of content, at most abi::kBootPieceSectors, none across a 64 KiB boundary.
struct Piece {
  std::uint32_t address = 0;
  std::vector<std::byte> content;
};

/// What is not in a piece is zero, from abi::kBootClearBase to abi::kBootClearEnd.
struct Program {
  std::vector<Piece> pieces;     ///< in the order of their addresses
  std::uint32_t entry = 0;       ///< abi::ImageNote::boot_entry
  std::uint32_t entry_flat = 0;  ///< abi::ImageNote::boot_entry_flat
  std::uint32_t request = 0;     ///< physical address of the request
  std::uint32_t request_bytes = 0;
};

/// The image with an exchange that holds this request, ready to be entered.
[[nodiscard]] Result<Program> make_program(const Image& image, std::span<const std::byte> request);

}  // namespace kjump::boot
