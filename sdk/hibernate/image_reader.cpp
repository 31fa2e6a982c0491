// SPDX-License-Identifier: MIT
#include "hibernate/image_reader.hpp"

#include <fmt/format.h>
#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

constexpr std::size_t stored_bytes(const ChunkEntry& entry) {
  return entry.stored & ~kChunkRaw;
}

}  // namespace

ImageReader::ImageReader(ImageBlocks blocks, const ImageHeader& header, ImageTables tables)
    : blocks_(std::move(blocks)), header_(header), tables_(std::move(tables)) {}

Result<ImageReader> ImageReader::open(ReadBlocks read, const StoreHeader& store, const CommitRecord& commit) {
  ImageBlocks blocks(std::move(read), store, commit);
  KJUMP_TRY(const ImageHeader header, read_image_header(blocks, commit));
  KJUMP_TRY(ImageTables tables, ImageTables::read(blocks, header));
  return ImageReader(std::move(blocks), header, std::move(tables));
}

Failure ImageReader::damaged_chunk(std::uint64_t chunk, const char* what) const {
  // The address of its first page, by going through those with data.
  std::optional<std::uint64_t> page = tables_.next_data(0);
  for (std::uint64_t i = 0; page && i < chunk * kChunkPages; ++i) {
    page = tables_.next_data(*page + 1);
  }
  return fail(ErrorCode::kMalformed,
              fmt::format("chunk {} of {} is damaged: {}; its memory begins at {:#x}", chunk,
                          tables_.chunks().size(), what, page ? address_of(*page) : 0),
              fmt::format("generation {}", header_.generation), "it cannot be restored; discard it");
}

Result<void> ImageReader::unpack(std::uint64_t chunk, std::span<const std::byte> stored,
                                 std::vector<std::byte>& to) const {
  const ChunkEntry& entry = tables_.chunks()[static_cast<std::size_t>(chunk)];
  if (hash_bytes(stored) != entry.hash) {
    return damaged_chunk(chunk, "its hash is wrong");
  }
  to.resize(std::size_t{entry.pages} * abi::kPageBytes);
  if ((entry.stored & kChunkRaw) != 0) {
    std::memcpy(to.data(), stored.data(), to.size());
    return {};
  }
  const auto* const from = reinterpret_cast<const char*>(stored.data());
  const int got = ::LZ4_decompress_safe(from, reinterpret_cast<char*>(to.data()),
                                        static_cast<int>(stored.size()), static_cast<int>(to.size()));
  if (got < 0 || static_cast<std::size_t>(got) != to.size()) {
    return damaged_chunk(chunk, "it does not unpack");
  }
  return {};
}

Result<void> ImageReader::read_batch(std::uint64_t batch, const OnChunk& on_chunk) {
  if (batch >= tables_.batches()) {
    return fail(ErrorCode::kInvalid, fmt::format("there is no batch {}", batch), "image");
  }
  const std::uint64_t first = tables_.batch_block(batch);
  stored_.resize(static_cast<std::size_t>((tables_.batch_block(batch + 1) - first) * kBlockBytes));
  KJUMP_CHECK(blocks_.read(kImageHeaderBlocks + first, stored_));
  std::size_t at = 0;
  const std::uint64_t end = std::min<std::uint64_t>((batch + 1) * kBatchChunks, tables_.chunks().size());
  for (std::uint64_t chunk = batch * kBatchChunks; chunk < end; ++chunk) {
    const std::size_t bytes = stored_bytes(tables_.chunks()[static_cast<std::size_t>(chunk)]);
    KJUMP_CHECK(unpack(chunk, std::span(stored_).subspan(at, bytes), unpacked_));
    KJUMP_CHECK(on_chunk(chunk, unpacked_));
    at += bytes;
  }
  return {};
}

Result<void> ImageReader::read_memory(std::uint64_t physical, std::span<std::byte> to) {
  const std::uint64_t inside = physical % abi::kPageBytes;
  const std::optional<std::uint64_t> page = page_of(physical);
  if (!page || to.size() > abi::kPageBytes - inside) {
    return fail(ErrorCode::kInvalid, "not in the image's memory", fmt::format("{:#x}", physical));
  }
  if (tables_.content(*page) != PageContent::kData) {
    std::fill(to.begin(), to.end(), std::byte{});
    return {};
  }
  const std::uint64_t number = tables_.data_number(*page);
  const std::uint64_t chunk = number / kChunkPages;
  if (last_chunk_ != chunk) {
    last_chunk_.reset();
    KJUMP_CHECK(read_batch(chunk / kBatchChunks, [&](std::uint64_t each, std::span<const std::byte> pages) {
      if (each == chunk) {
        last_.assign(pages.begin(), pages.end());
      }
      return Result<void>{};
    }));
    last_chunk_ = chunk;
  }
  std::memcpy(to.data(), last_.data() + number % kChunkPages * abi::kPageBytes + inside, to.size());
  return {};
}

std::optional<std::uint64_t> ImageReader::page_of(std::uint64_t physical) const {
  std::uint64_t before = 0;
  for (const MemoryRange& range : std::span(header_.ranges).first(header_.range_count)) {
    if (physical >= range.start && physical < range.end) {
      return before + (physical - range.start) / abi::kPageBytes;
    }
    before += (range.end - range.start) / abi::kPageBytes;
  }
  return std::nullopt;
}

std::uint64_t ImageReader::address_of(std::uint64_t page) const {
  for (const MemoryRange& range : std::span(header_.ranges).first(header_.range_count)) {
    const std::uint64_t pages = (range.end - range.start) / abi::kPageBytes;
    if (page < pages) {
      return range.start + page * abi::kPageBytes;
    }
    page -= pages;
  }
  return 0;
}

Result<void> verify_image(ImageReader& image,
                          const std::function<void(std::uint64_t, std::uint64_t)>& after_batch) {
  const std::uint64_t batches = image.tables().batches();
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    KJUMP_CHECK(
        image.read_batch(batch, [](std::uint64_t, std::span<const std::byte>) { return Result<void>{}; }));
    after_batch(batch + 1, batches);
  }
  return {};
}

}  // namespace kjump::hibernate
