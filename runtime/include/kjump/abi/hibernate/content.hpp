// SPDX-License-Identifier: MIT
/// What an image keeps of memory: ranges of pages, and pages in chunks (abi/hibernate/image.hpp).
#pragma once

#include <stdint.h>

#include <kjump/abi/layout.hpp>

namespace kjump::abi::hibernate {

/// One of the machine's memory ranges, whole pages [start, end) by physical address.
enum class RangeKind : uint32_t {
  kRam = 1,      ///< System RAM of the kernel
  kAcpiNvs = 4,  ///< saved whole
};
struct MemoryRange {
  uint64_t start;
  uint64_t end;
  uint32_t kind;  ///< RangeKind
  uint32_t reserved;
};
inline constexpr uint32_t kMostRanges = 64;

inline constexpr uint32_t kChunkPages = 32;
inline constexpr uint32_t kChunkBytes = kChunkPages * kPageBytes;
inline constexpr uint32_t kBatchChunks = 8;
inline constexpr uint32_t kBatchBytes = kBatchChunks * kChunkBytes;
inline constexpr uint32_t kChunkRaw = 1u << 31;  ///< of ChunkEntry::stored: not compressed

struct ChunkEntry {
  uint64_t hash;    ///< of the stored bytes
  uint32_t stored;  ///< bytes on the disk, and kChunkRaw
  uint32_t pages;   ///< 1 to kChunkPages; fewer only in the last chunk
};

/// Bytes of one bitmap.
[[nodiscard]] constexpr uint64_t bitmap_bytes(uint64_t pages) {
  return (pages + 63) / 64 * 8;
}

/// Bytes of an image's tables.
[[nodiscard]] constexpr uint64_t tables_bytes(uint64_t pages, uint64_t chunks) {
  return 2 * bitmap_bytes(pages) + chunks * sizeof(ChunkEntry);
}

}  // namespace kjump::abi::hibernate
