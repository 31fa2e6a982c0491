// SPDX-License-Identifier: MIT
/// Memory that a payload works in: pages from anywhere in physical memory that nobody misses. The payload
/// sees them in one piece (runtime/long_mode/window.hpp): its state, the tables of the image, I/O buffers.
///
/// An image leaves them out and says where they are, so that a restore can work in the same.
#pragma once

#include <stdint.h>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::abi::hibernate {

/// Below it old firmware and ISA DMA have their business.
inline constexpr uint64_t kLowestWorkspace = uint64_t{16} << 20;

/// A piece is one number: the address of its first page, and one less than its pages in the twelve bits that
/// such an address leaves free.
inline constexpr uint32_t kMostWorkspacePieces = 1536;
inline constexpr uint32_t kMostPiecePages = kPageBytes;
[[nodiscard]] constexpr uint64_t piece_of(uint64_t address, uint64_t pages) {
  return address | (pages - 1);
}
[[nodiscard]] constexpr uint64_t piece_address(uint64_t piece) {
  return piece & ~uint64_t{kPageBytes - 1};
}
[[nodiscard]] constexpr uint64_t piece_pages(uint64_t piece) {
  return (piece & (kPageBytes - 1)) + 1;
}

inline constexpr uint32_t kWorkStatePages = 40;  ///< a chunk, and what LZ4 works with
inline constexpr uint32_t kBufferPages = kBatchBytes / kPageBytes;
inline constexpr uint32_t kFewestBuffers = 4;
inline constexpr uint32_t kMostBuffers = 16;

/// Page tables that make so many pages one piece: 512 entries each, in three levels.
[[nodiscard]] constexpr uint64_t window_tables(uint64_t pages) {
  constexpr uint64_t kEntries = 512;
  return 1 + (pages + kEntries - 1) / kEntries + (pages + kEntries * kEntries - 1) / (kEntries * kEntries);
}

/// Pages for an image's tables and so many buffers, page tables included.
[[nodiscard]] constexpr uint64_t workspace_pages(uint64_t table_bytes, uint64_t buffers) {
  const uint64_t used =
      kWorkStatePages + (table_bytes + kPageBytes - 1) / kPageBytes + buffers * kBufferPages;
  return used + window_tables(used);
}

}  // namespace kjump::abi::hibernate
