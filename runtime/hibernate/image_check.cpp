// SPDX-License-Identifier: MIT
#include "hibernate/image_check.hpp"

#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/abi/processor.hpp>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {

namespace {

// become() knows the way back through these doors only.
bool way_back_exists(const abi::EntryState& entry) {
  const auto door = static_cast<abi::Door>(entry.door);
  return door == abi::Door::kWake ||
         (door == abi::Door::kKexec && (entry.efer & abi::kEferLongModeActive) != 0);
}

// Each page is of one kind. Free ones that the kernel expects to find with some content are saved.
bool kinds_add_up(const format::ImageHeader& header) {
  const uint64_t pages = header.pages;
  if (header.free_fill > static_cast<uint32_t>(format::FreeFill::kPoison) || pages >> 40 != 0 ||
      header.data_pages > pages || header.zero_pages > pages || header.free_pages > pages ||
      header.skipped_pages > pages) {
    return false;
  }
  const bool saved = header.free_fill != static_cast<uint32_t>(format::FreeFill::kNothing);
  return header.data_pages + header.zero_pages + header.skipped_pages + (saved ? 0 : header.free_pages) ==
         pages;
}

}  // namespace

bool header_fits(const format::ImageHeader& header, const format::CommitRecord& commit) {
  return header.magic == format::kImageMagic && header.version == format::kFormatVersion &&
         header.header_bytes == sizeof header && header.hash == own_hash(header) &&
         __builtin_memcmp(&header.store, &commit.store, sizeof header.store) == 0 &&
         header.generation == commit.generation && way_back_exists(header.entry) &&
         header.range_count <= format::kMostRanges && header.fingerprint_count <= format::kMostFingerprints &&
         header.machine.ranges <= format::kMostRanges &&
         header.workspace_pieces <= format::kMostWorkspacePieces && kinds_add_up(header) &&
         header.content_blocks <= commit.blocks && header.table_blocks <= commit.blocks &&
         header.chunks == (header.data_pages + format::kChunkPages - 1) / format::kChunkPages &&
         format::kImageHeaderBlocks + header.content_blocks + header.table_blocks == commit.blocks &&
         header.table_bytes == format::tables_bytes(header.pages, header.chunks) &&
         format::blocks_of(header.table_bytes) == header.table_blocks;
}

// Where a restore puts what it works with: memory of the machine, each page once, and enough.
bool workspace_fits(const PageMap& map, const format::ImageHeader& header) {
  uint64_t all = 0;
  for (uint32_t i = 0; i < header.workspace_pieces; ++i) {
    const uint64_t start = format::piece_address(header.workspace[i]);
    const uint64_t pages = format::piece_pages(header.workspace[i]);
    const uint64_t end = start + pages * abi::kPageBytes;
    const uint64_t first = map.index_of(start);
    if (start < format::kLowestWorkspace || first == map.pages() ||
        map.index_of(end - abi::kPageBytes) != first + pages - 1) {
      return false;
    }
    for (uint32_t k = 0; k < i; ++k) {
      const uint64_t other = format::piece_address(header.workspace[k]);
      if (start < other + format::piece_pages(header.workspace[k]) * abi::kPageBytes && other < end) {
        return false;
      }
    }
    all += pages;
  }
  return suffices(all, header.table_bytes);
}

bool tables_fit(const PageMap& map, const format::ImageHeader& header) {
  uint64_t pages = 0;
  uint64_t blocks = 0;
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < header.chunks; ++i) {
    const format::ChunkEntry& entry = map.chunk(i);
    const uint32_t stored = entry.stored & ~format::kChunkRaw;
    const bool raw = (entry.stored & format::kChunkRaw) != 0;
    const bool last = i + 1 == header.chunks;
    if (entry.pages == 0 || entry.pages > format::kChunkPages ||
        (!last && entry.pages != format::kChunkPages) || stored == 0 ||
        stored > entry.pages * abi::kPageBytes || (raw && stored != entry.pages * abi::kPageBytes)) {
      return false;
    }
    pages += entry.pages;
    bytes += stored;
    if (last || i % format::kBatchChunks == format::kBatchChunks - 1) {
      blocks += format::blocks_of(bytes);
      bytes = 0;
    }
  }
  return pages == header.data_pages && blocks == header.content_blocks && map.count_data() == pages &&
         map.count_zero() == header.zero_pages && map.is_sound();
}

bool leaves_us_alone(const PageMap& map, const format::ImageHeader& header) {
  const auto is_marked = [&map](uint64_t address) {
    const uint64_t index = map.index_of(address);
    return index != map.pages() && (map.is_data(index) || map.is_zero(index));
  };
  for (uint64_t address = 0; address < abi::kImageEnd; address += abi::kPageBytes) {
    if (is_never_saved(address) && is_marked(address)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < header.workspace_pieces; ++i) {
    for (uint64_t page = 0; page < format::piece_pages(header.workspace[i]); ++page) {
      if (is_marked(format::piece_address(header.workspace[i]) + page * abi::kPageBytes)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace kjump::hibernate
