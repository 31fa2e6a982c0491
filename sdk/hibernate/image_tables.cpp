// SPDX-License-Identifier: MIT
#include "hibernate/image_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

constexpr std::uint64_t kBits = 64;
constexpr std::size_t kGroupWords = 64;
// A header may promise tables larger than what is left of a cut store: memory grows with what can be read.
constexpr std::size_t kTablePiece = std::size_t{4} << 20;

Failure damaged(const std::string& what) {
  return fail(ErrorCode::kMalformed, "the image's tables are damaged: " + what, "image",
              "it cannot be restored; discard it");
}

Result<std::vector<std::byte>> read_table(const ImageBlocks& blocks, const ImageHeader& header) {
  std::vector<std::byte> bytes;
  std::uint64_t block = kImageHeaderBlocks + header.content_blocks;
  std::uint64_t left = header.table_blocks;
  while (left != 0) {
    const std::uint64_t now = std::min<std::uint64_t>(left, kTablePiece / kBlockBytes);
    const std::size_t have = bytes.size();
    bytes.resize(have + static_cast<std::size_t>(now * kBlockBytes));
    KJUMP_CHECK(blocks.read(block, std::span(bytes).subspan(have)));
    block += now;
    left -= now;
  }
  bytes.resize(static_cast<std::size_t>(header.table_bytes));
  return bytes;
}

std::vector<std::uint64_t> words_at(const std::vector<std::byte>& bytes, std::size_t offset,
                                    std::size_t length) {
  std::vector<std::uint64_t> words(length / sizeof(std::uint64_t));
  if (length != 0) {
    std::memcpy(words.data(), bytes.data() + offset, length);
  }
  return words;
}

std::uint64_t count(const std::vector<std::uint64_t>& words) {
  std::uint64_t total = 0;
  for (const std::uint64_t word : words) {
    total += static_cast<std::uint64_t>(std::popcount(word));
  }
  return total;
}

bool bit(const std::vector<std::uint64_t>& words, std::uint64_t number) {
  return (words[static_cast<std::size_t>(number / kBits)] >> number % kBits & 1) != 0;
}

std::string chunk_fault(const ChunkEntry& entry, std::uint64_t pages) {
  if (entry.pages != pages) {
    return fmt::format("{} pages instead of {}", entry.pages, pages);
  }
  const std::uint32_t stored = entry.stored & ~kChunkRaw;
  const std::uint32_t whole = entry.pages * abi::kPageBytes;
  const bool raw = (entry.stored & kChunkRaw) != 0;
  if (raw ? stored != whole : stored == 0 || stored >= whole) {
    return fmt::format("{} bytes for {} pages", stored, entry.pages);
  }
  return {};
}

}  // namespace

Result<ImageTables> ImageTables::read(const ImageBlocks& blocks, const ImageHeader& header) {
  KJUMP_TRY(const std::vector<std::byte> bytes, read_table(blocks, header));
  if (hash_bytes(bytes) != header.table_hash) {
    return damaged("their hash is wrong");
  }
  ImageTables tables;
  KJUMP_CHECK(tables.take_bitmaps(bytes, header));
  KJUMP_CHECK(tables.take_chunks(bytes, header));
  return tables;
}

Result<void> ImageTables::take_bitmaps(const std::vector<std::byte>& bytes, const ImageHeader& header) {
  const auto length = static_cast<std::size_t>(bitmap_bytes(header.pages));
  pages_ = header.pages;
  data_ = words_at(bytes, 0, length);
  zero_ = words_at(bytes, length, length);
  if (count(data_) != header.data_pages || count(zero_) != header.zero_pages) {
    return damaged("the bitmaps have other numbers of pages than the header");
  }
  for (std::size_t i = 0; i < data_.size(); ++i) {
    if ((data_[i] & zero_[i]) != 0) {
      return damaged("a page has data and is zero");
    }
  }
  if (pages_ % kBits != 0 && (data_.back() | zero_.back()) >> pages_ % kBits != 0) {
    return damaged("bits behind the last page are set");
  }
  std::uint64_t rank = 0;
  for (std::size_t i = 0; i < data_.size(); ++i) {
    if (i % kGroupWords == 0) {
      ranks_.push_back(rank);
    }
    rank += static_cast<std::uint64_t>(std::popcount(data_[i]));
  }
  return {};
}

Result<void> ImageTables::take_chunks(const std::vector<std::byte>& bytes, const ImageHeader& header) {
  const auto offset = static_cast<std::size_t>(2 * bitmap_bytes(header.pages));
  chunks_.resize(static_cast<std::size_t>(header.chunks));
  if (!chunks_.empty()) {
    std::memcpy(chunks_.data(), bytes.data() + offset, chunks_.size() * sizeof(ChunkEntry));
  }
  batch_blocks_.push_back(0);
  std::uint64_t left = header.data_pages;
  std::uint64_t batch_bytes = 0;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::uint64_t pages = std::min<std::uint64_t>(left, kChunkPages);
    if (const std::string fault = chunk_fault(chunks_[i], pages); !fault.empty()) {
      return damaged(fmt::format("chunk {} has {}", i, fault));
    }
    left -= pages;
    batch_bytes += chunks_[i].stored & ~kChunkRaw;
    if ((i + 1) % kBatchChunks == 0 || i + 1 == chunks_.size()) {
      batch_blocks_.push_back(batch_blocks_.back() + blocks_of(batch_bytes));
      batch_bytes = 0;
    }
  }
  if (batch_blocks_.back() != header.content_blocks) {
    return damaged(fmt::format("the chunks take {} blocks, the header says {}", batch_blocks_.back(),
                               header.content_blocks));
  }
  return {};
}

PageContent ImageTables::content(std::uint64_t page) const {
  if (page >= pages_) {
    return PageContent::kOutside;
  }
  return bit(data_, page) ? PageContent::kData : bit(zero_, page) ? PageContent::kZero : PageContent::kFree;
}

std::uint64_t ImageTables::data_number(std::uint64_t page) const {
  const auto word = static_cast<std::size_t>(page / kBits);
  std::uint64_t number = ranks_[word / kGroupWords];
  for (std::size_t i = word / kGroupWords * kGroupWords; i < word; ++i) {
    number += static_cast<std::uint64_t>(std::popcount(data_[i]));
  }
  const std::uint64_t below = (std::uint64_t{1} << page % kBits) - 1;
  return number + static_cast<std::uint64_t>(std::popcount(data_[word] & below));
}

std::optional<std::uint64_t> ImageTables::next_data(std::uint64_t page) const {
  while (page < pages_) {
    const std::uint64_t rest = data_[static_cast<std::size_t>(page / kBits)] >> page % kBits;
    if (rest != 0) {
      return page + static_cast<std::uint64_t>(std::countr_zero(rest));
    }
    page = (page / kBits + 1) * kBits;
  }
  return std::nullopt;
}

}  // namespace kjump::hibernate
