// SPDX-License-Identifier: MIT
/// Images and stores made by hand, by the words of abi/hibernate/ alone: what readers are tested with.
#pragma once

#include <lz4.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <vector>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/disk.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/records.hpp"

namespace kjump::tests {

using namespace abi::hibernate;

using Bytes = std::vector<std::byte>;
using Page = std::array<std::byte, abi::kPageBytes>;

/// A page whose words tell which it is; of a kind that compresses, or not.
inline Page page_with(std::uint64_t seed, bool compressible) {
  Page page{};
  std::uint64_t word = seed * 0x9E37'79B9'7F4A'7C15 + 1;
  for (std::size_t at = 0; at < page.size(); at += sizeof word) {
    if (!compressible || at < 64) {
      word ^= word << 13, word ^= word >> 7, word ^= word << 17;  // xorshift64
    }
    std::memcpy(page.data() + at, &word, sizeof word);
  }
  return page;
}

struct Memory {
  std::vector<MemoryRange> ranges;
  std::map<std::uint64_t, Page> data;  ///< by physical address
  std::set<std::uint64_t> zero;
};

template <typename Record>
void put(Bytes& bytes, std::size_t at, const Record& record) {
  std::memcpy(bytes.data() + at, &record, sizeof record);
}
template <typename Record>
Record get(const Bytes& bytes, std::size_t at) {
  Record record{};
  std::memcpy(&record, bytes.data() + at, sizeof record);
  return record;
}

inline void round_up(Bytes& bytes) {
  bytes.resize((bytes.size() + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
}

/// The content, and an entry for each chunk of it.
struct Content {
  Bytes bytes;
  std::vector<ChunkEntry> chunks;
};

inline Content content_of(const Memory& memory) {
  Content content;
  auto page = memory.data.begin();
  while (page != memory.data.end()) {
    Bytes chunk;
    for (unsigned i = 0; i < kChunkPages && page != memory.data.end(); ++i, ++page) {
      chunk.insert(chunk.end(), page->second.begin(), page->second.end());
    }
    Bytes packed(static_cast<std::size_t>(::LZ4_compressBound(static_cast<int>(chunk.size()))));
    const int length = ::LZ4_compress_default(
        reinterpret_cast<const char*>(chunk.data()), reinterpret_cast<char*>(packed.data()),
        static_cast<int>(chunk.size()), static_cast<int>(packed.size()));
    packed.resize(static_cast<std::size_t>(length));
    const bool raw = packed.size() >= chunk.size();
    const Bytes& stored = raw ? chunk : packed;
    ChunkEntry entry{};
    entry.hash = hibernate::hash_bytes(stored);
    entry.stored = static_cast<std::uint32_t>(stored.size()) | (raw ? kChunkRaw : 0);
    entry.pages = static_cast<std::uint32_t>(chunk.size() / abi::kPageBytes);
    content.chunks.push_back(entry);
    content.bytes.insert(content.bytes.end(), stored.begin(), stored.end());
    if (content.chunks.size() % kBatchChunks == 0) {
      round_up(content.bytes);
    }
  }
  round_up(content.bytes);
  return content;
}

inline Bytes tables_of(const Memory& memory, const Content& content, std::uint64_t pages) {
  const auto bitmap = static_cast<std::size_t>(bitmap_bytes(pages));
  Bytes tables(2 * bitmap + content.chunks.size() * sizeof(ChunkEntry));
  std::size_t number = 0;
  for (const MemoryRange& range : memory.ranges) {
    for (std::uint64_t at = range.start; at < range.end; at += abi::kPageBytes, ++number) {
      const auto bit = static_cast<std::byte>(1U << number % 8);
      if (memory.data.contains(at)) {
        tables[number / 8] |= bit;
      }
      if (memory.zero.contains(at)) {
        tables[bitmap + number / 8] |= bit;
      }
    }
  }
  if (!content.chunks.empty()) {
    std::memcpy(tables.data() + 2 * bitmap, content.chunks.data(),
                content.chunks.size() * sizeof(ChunkEntry));
  }
  return tables;
}

/// `header` says what the format does not: kernel, entry, machine.
inline Bytes make_image(const Memory& memory, ImageHeader header) {
  const Content content = content_of(memory);
  header.magic = kImageMagic;
  header.version = kFormatVersion;
  header.header_bytes = sizeof header;
  header.range_count = static_cast<std::uint32_t>(memory.ranges.size());
  std::copy(memory.ranges.begin(), memory.ranges.end(), header.ranges);
  header.pages = 0;
  for (const MemoryRange& range : memory.ranges) {
    header.pages += (range.end - range.start) / abi::kPageBytes;
  }
  header.data_pages = memory.data.size();
  header.zero_pages = memory.zero.size();
  header.free_pages = header.pages - header.data_pages - header.zero_pages;
  Bytes tables = tables_of(memory, content, header.pages);
  header.chunks = content.chunks.size();
  header.content_blocks = content.bytes.size() / kBlockBytes;
  header.table_bytes = tables.size();
  header.table_hash = hibernate::hash_bytes(tables);
  round_up(tables);
  header.table_blocks = tables.size() / kBlockBytes;
  hibernate::seal(header);

  Bytes image(kImageHeaderBytes);
  put(image, 0, header);
  image.insert(image.end(), content.bytes.begin(), content.bytes.end());
  image.insert(image.end(), tables.begin(), tables.end());
  return image;
}

inline CommitRecord commit_of(const Bytes& image, std::uint64_t first_block) {
  const auto header = get<ImageHeader>(image, 0);
  CommitRecord commit{};
  commit.magic = kCommitMagic;
  commit.version = kFormatVersion;
  commit.store = header.store;
  commit.generation = header.generation;
  commit.first_block = first_block;
  commit.blocks = image.size() / kBlockBytes;
  commit.header_hash = hibernate::hash_bytes(std::span(image).first(kImageHeaderBytes));
  commit.saved_at = header.saved_at;
  hibernate::seal(commit);
  return commit;
}

/// A disk in memory.
class MemoryDisk : public hibernate::Disk {
 public:
  explicit MemoryDisk(std::size_t sectors) : bytes(sectors * kSectorBytes) {}

  [[nodiscard]] Result<void> read(std::uint64_t sector, std::span<std::byte> to) const override {
    if (!inside(sector, to.size())) {
      return fail(ErrorCode::kSystem, "behind the end", "disk in memory");
    }
    std::memcpy(to.data(), bytes.data() + sector * kSectorBytes, to.size());
    return {};
  }
  [[nodiscard]] Result<void> write(std::uint64_t sector, std::span<const std::byte> from) override {
    if (!inside(sector, from.size())) {
      return fail(ErrorCode::kSystem, "behind the end", "disk in memory");
    }
    std::memcpy(bytes.data() + sector * kSectorBytes, from.data(), from.size());
    return {};
  }
  [[nodiscard]] Result<void> flush() override {
    ++flushes;
    return {};
  }
  [[nodiscard]] std::uint64_t sectors() const override { return bytes.size() / kSectorBytes; }

  Bytes bytes;
  unsigned flushes = 0;

 private:
  [[nodiscard]] bool inside(std::uint64_t sector, std::size_t length) const {
    return sector <= sectors() && length <= bytes.size() - sector * kSectorBytes;
  }
};

/// A disk with a store in two pieces, which lie the wrong way round.
inline constexpr std::uint64_t kTestBlocks = kDataBlock + 256;
inline constexpr std::uint64_t kFirstPiece = kDataBlock + 32;
inline constexpr std::uint64_t kFirstSector = 8000;
inline constexpr std::uint64_t kSecondSector = 63;
inline constexpr std::uint64_t kTestSectors = 20000;

inline std::vector<Extent> test_extents() {
  return {{0, kFirstPiece, kFirstSector}, {kFirstPiece, kTestBlocks - kFirstPiece, kSecondSector}};
}

inline StoreHeader test_header(std::span<const Extent> extents) {
  StoreHeader header{};
  header.magic = kStoreMagic;
  header.version = kFormatVersion;
  header.header_bytes = sizeof header;
  header.uuid.bytes[3] = 7;
  header.blocks = kTestBlocks;
  header.disk_sectors = kTestSectors;
  header.header_sector = extents.front().sector;
  header.extents = static_cast<std::uint32_t>(extents.size());
  header.extents_hash = hibernate::hash_bytes(std::as_bytes(extents));
  hibernate::seal(header);
  return header;
}

inline std::unique_ptr<MemoryDisk> test_disk() {
  auto disk = std::make_unique<MemoryDisk>(kTestSectors);
  const std::vector<Extent> extents = test_extents();
  const std::size_t at = kFirstSector * kSectorBytes;
  put(disk->bytes, at, test_header(extents));
  std::memcpy(disk->bytes.data() + at + kBlockBytes, extents.data(), extents.size() * sizeof(Extent));
  return disk;
}

/// 2 ranges of 40 and 360 pages: data, zero and free ones.
inline Memory test_memory() {
  Memory memory;
  memory.ranges = {{0x1000, 0x29000, static_cast<std::uint32_t>(RangeKind::kRam), 0},
                   {0x100000, 0x268000, static_cast<std::uint32_t>(RangeKind::kRam), 0}};
  std::uint64_t number = 0;
  for (const MemoryRange& range : memory.ranges) {
    for (std::uint64_t at = range.start; at < range.end; at += abi::kPageBytes, ++number) {
      if (number % 5 == 1) {
        memory.zero.insert(at);
      } else if (number % 7 != 3) {
        memory.data[at] = page_with(at, number < 200);
      }
    }
  }
  return memory;
}

inline ImageHeader test_image_header(std::uint64_t generation) {
  ImageHeader header{};
  header.store.bytes[3] = 7;
  header.generation = generation;
  header.saved_at = 1'800'000'000;
  std::strcpy(header.kernel, "6.12.0-test");
  return header;
}

}  // namespace kjump::tests
