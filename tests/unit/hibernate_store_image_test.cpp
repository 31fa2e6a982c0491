// SPDX-License-Identifier: MIT
// Rule: every page of an image is read back as it was saved, wherever in the ring the image begins; every
// damaged byte of header, tables and content is found, and numbers that do not fit each other are refused
// even when all hashes are right.
#include <gtest/gtest.h>
#include <kjump/abi/hibernate/kernel.hpp>

#include "hibernate/image_reader.hpp"
#include "hibernate_image.hpp"

namespace kjump::tests {
namespace {

using hibernate::ImageReader;
using hibernate::PageContent;

/// An image's blocks in the ring of a store, without the store.
struct Ring {
  StoreHeader store = test_header(test_extents());
  CommitRecord commit{};
  Bytes blocks = Bytes(kTestBlocks * kBlockBytes);

  Ring(const Bytes& image, std::uint64_t first) : commit(commit_of(image, first)) { place(image); }

  void place(const Bytes& image) {
    for (std::uint64_t i = 0; i < image.size() / kBlockBytes; ++i) {
      const std::uint64_t at = ring_block(commit.first_block, i, kTestBlocks);
      std::copy_n(image.begin() + static_cast<std::ptrdiff_t>(i * kBlockBytes), kBlockBytes,
                  blocks.begin() + static_cast<std::ptrdiff_t>(at * kBlockBytes));
    }
  }
  [[nodiscard]] Result<ImageReader> open() const {
    return ImageReader::open(
        [this](std::uint64_t first, std::span<std::byte> to) -> Result<void> {
          if (first * kBlockBytes + to.size() > blocks.size() || first < kDataBlock) {
            return fail(ErrorCode::kSystem, "outside of the ring", "test");
          }
          std::copy_n(blocks.begin() + static_cast<std::ptrdiff_t>(first * kBlockBytes), to.size(),
                      to.begin());
          return {};
        },
        store, commit);
  }
  [[nodiscard]] std::string fault() const {
    auto image = open();
    if (!image) {
      return image.error().text();
    }
    const auto verified = hibernate::verify_image(*image, [](std::uint64_t, std::uint64_t) {});
    return verified ? "" : verified.error().text();
  }
};

Bytes whole_image() {
  return make_image(test_memory(), test_image_header(3));
}

/// The image with its header changed, all hashes right.
template <typename Change>
std::string fault_with_header(Change change) {
  Bytes image = whole_image();
  auto header = get<ImageHeader>(image, 0);
  change(header);
  hibernate::seal(header);
  put(image, 0, header);
  Ring ring(whole_image(), kDataBlock);
  ring.place(image);
  ring.commit.header_hash = hibernate::hash_bytes(std::span(image).first(kImageHeaderBytes));
  return ring.fault();
}

/// The image with its tables changed, all hashes right.
template <typename Change>
std::string fault_with_tables(Change change) {
  Bytes image = whole_image();
  auto header = get<ImageHeader>(image, 0);
  const auto at = static_cast<std::size_t>((kImageHeaderBlocks + header.content_blocks) * kBlockBytes);
  const auto bitmap = static_cast<std::size_t>(bitmap_bytes(header.pages));
  change(image.data() + at, image.data() + at + bitmap, image.data() + at + 2 * bitmap);
  header.table_hash =
      hibernate::hash_bytes(std::span(image).subspan(at, static_cast<std::size_t>(header.table_bytes)));
  hibernate::seal(header);
  put(image, 0, header);
  return Ring(image, kDataBlock).fault();
}

TEST(HibernateImage, ReadsEveryPageWhereverTheImageBegins) {
  const Memory memory = test_memory();
  const Bytes image = whole_image();
  for (const std::uint64_t first :
       {std::uint64_t{kDataBlock}, kTestBlocks - 1, kTestBlocks - 5, kTestBlocks - 60}) {
    const Ring ring(image, first);
    auto reader = ring.open();
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ(ring.fault(), "");
    for (const MemoryRange& range : memory.ranges) {
      for (std::uint64_t at = range.start; at < range.end; at += abi::kPageBytes) {
        Page page{};
        ASSERT_TRUE(reader->read_memory(at, page));
        const auto saved = memory.data.find(at);
        ASSERT_EQ(page, saved == memory.data.end() ? Page{} : saved->second) << at;
        const auto number = reader->page_of(at);
        ASSERT_TRUE(number);
        ASSERT_EQ(reader->address_of(*number), at);
        ASSERT_EQ(reader->tables().content(*number), saved != memory.data.end() ? PageContent::kData
                                                     : memory.zero.contains(at) ? PageContent::kZero
                                                                                : PageContent::kFree);
      }
    }
    Page page{};
    EXPECT_FALSE(reader->read_memory(0, page)) << "in no range";
    EXPECT_FALSE(reader->read_memory(memory.ranges[1].end, page));
    EXPECT_FALSE(reader->read_memory(memory.ranges[0].start + 8, page)) << "across the end of the page";
  }
}

TEST(HibernateImage, UsesBothKindsOfChunks) {
  const Bytes image = whole_image();
  const auto reader = Ring(image, kDataBlock).open();
  ASSERT_TRUE(reader);
  const auto& chunks = reader->tables().chunks();
  const auto raw = std::count_if(chunks.begin(), chunks.end(),
                                 [](const ChunkEntry& entry) { return (entry.stored & kChunkRaw) != 0; });
  EXPECT_GT(raw, 0);
  EXPECT_LT(raw, static_cast<std::ptrdiff_t>(chunks.size()));
  EXPECT_GT(reader->tables().batches(), 1U);
}

TEST(HibernateImage, FindsEveryDamagedByte) {
  const Bytes image = whole_image();
  const auto header = get<ImageHeader>(image, 0);
  const auto content = kImageHeaderBytes;
  const auto tables = content + static_cast<std::size_t>(header.content_blocks) * kBlockBytes;
  Ring ring(image, kDataBlock);
  const auto found = [&](std::size_t at) {
    ring.blocks[kDataBlock * kBlockBytes + at] ^= std::byte{0x10};
    const std::string fault = ring.fault();
    ring.blocks[kDataBlock * kBlockBytes + at] ^= std::byte{0x10};
    return fault;
  };
  for (std::size_t at = 0; at < kImageHeaderBytes; at += at < 256 ? 1 : 61) {
    ASSERT_NE(found(at).find("header"), std::string::npos) << at;
  }
  for (std::size_t at = 0; at < header.table_bytes; at += 7) {
    ASSERT_NE(found(tables + at).find("tables"), std::string::npos) << at;
  }
  // Blocks end with bytes that belong to no chunk: those between the last chunk and the batch's end.
  EXPECT_NE(found(content).find("chunk 0"), std::string::npos);
  EXPECT_NE(found(content).find("0x1000"), std::string::npos) << "which memory it is";
  EXPECT_NE(found(tables - kBlockBytes).find("chunk"), std::string::npos);
}

TEST(HibernateImage, RefusesHeadersWhoseNumbersDoNotFit) {
  EXPECT_EQ(fault_with_header([](ImageHeader&) {}), "");
  const auto refused = [](auto change) {
    EXPECT_NE(fault_with_header(change).find("header is damaged"), std::string::npos);
  };
  refused([](ImageHeader& header) { header.version = kFormatVersion + 1; });
  refused([](ImageHeader& header) { header.generation = 4; });
  refused([](ImageHeader& header) { header.store.bytes[0] = 1; });
  refused([](ImageHeader& header) { header.range_count = 0; });
  refused([](ImageHeader& header) { header.range_count = kMostRanges + 1; });
  refused([](ImageHeader& header) { header.fingerprint_count = kMostFingerprints + 1; });
  refused([](ImageHeader& header) { header.workspace_pieces = kMostWorkspacePieces + 1; });
  refused([](ImageHeader& header) { header.machine.ranges = kMostRanges + 1; });
  refused([](ImageHeader& header) { header.free_fill = 3; });
  refused([](ImageHeader& header) { header.ranges[0].end = header.ranges[0].start; });
  refused([](ImageHeader& header) { header.ranges[0].start += 1; });
  refused([](ImageHeader& header) { header.ranges[1].end = ~0xFFFULL; });
  refused([](ImageHeader& header) { std::swap(header.ranges[0], header.ranges[1]); });
  refused([](ImageHeader& header) { header.pages += 1; });
  refused([](ImageHeader& header) { header.data_pages -= 1; });
  refused([](ImageHeader& header) { header.zero_pages = ~0ULL; });
  refused([](ImageHeader& header) { header.chunks += 1; });
  refused([](ImageHeader& header) { header.content_blocks += 1; });
  refused([](ImageHeader& header) { header.content_blocks = ~0ULL; });
  refused([](ImageHeader& header) { header.table_blocks = ~0ULL, header.content_blocks += 2; });
  refused([](ImageHeader& header) { header.table_bytes += 16; });
}

TEST(HibernateImage, KnowsThatFreePagesWithContentAreSaved) {
  // All that is free is in the bitmap of zero pages, and counted twice.
  Memory memory = test_memory();
  std::uint64_t free = 0;
  for (const MemoryRange& range : memory.ranges) {
    for (std::uint64_t at = range.start; at < range.end; at += abi::kPageBytes) {
      if (!memory.data.contains(at) && memory.zero.insert(at).second) {
        ++free;
      }
    }
  }
  Bytes image = make_image(memory, test_image_header(3));
  auto header = get<ImageHeader>(image, 0);
  header.free_pages = free;
  hibernate::seal(header);
  put(image, 0, header);
  EXPECT_NE(Ring(image, kDataBlock).fault(), "") << "free pages are not saved";
  header.free_fill = static_cast<std::uint32_t>(FreeFill::kZero);
  hibernate::seal(header);
  put(image, 0, header);
  EXPECT_EQ(Ring(image, kDataBlock).fault(), "");
}

TEST(HibernateImage, RefusesTablesWhoseNumbersDoNotFit) {
  EXPECT_EQ(fault_with_tables([](auto*, auto*, auto*) {}), "");
  const auto refused = [](auto change) {
    EXPECT_NE(fault_with_tables(change).find("tables are damaged"), std::string::npos);
  };
  refused([](std::byte* data, std::byte*, std::byte*) { data[0] ^= std::byte{1}; });
  refused([](std::byte*, std::byte* zero, std::byte*) { zero[0] ^= std::byte{1}; });
  refused([](std::byte* data, std::byte* zero, std::byte*) { std::swap_ranges(data, data + 8, zero); });
  refused([](std::byte* data, std::byte*, std::byte*) {
    data[0] ^= std::byte{1}, data[51] ^= std::byte{0x80};  // a bit behind the last page, in the same number
  });
  const auto entry = [&refused](auto change) {
    refused([change](std::byte*, std::byte*, std::byte* chunks) {
      ChunkEntry first{};
      std::memcpy(&first, chunks, sizeof first);
      change(first);
      std::memcpy(chunks, &first, sizeof first);
    });
  };
  entry([](ChunkEntry& first) { first.pages = 31; });
  entry([](ChunkEntry& first) { first.pages = ~0U; });
  entry([](ChunkEntry& first) { first.stored = 0; });
  entry([](ChunkEntry& first) { first.stored = kChunkBytes; });
  entry([](ChunkEntry& first) { first.stored |= kChunkRaw; });
  entry([](ChunkEntry& first) { first.stored += kBlockBytes; });
}

TEST(HibernateImage, ReadsAnImageWithoutAnyData) {
  Memory memory = test_memory();
  memory.data.clear();
  const Ring ring(make_image(memory, test_image_header(3)), kDataBlock);
  EXPECT_EQ(ring.fault(), "");
}

}  // namespace
}  // namespace kjump::tests
