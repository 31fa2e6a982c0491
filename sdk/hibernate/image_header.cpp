// SPDX-License-Identifier: MIT
#include "hibernate/image_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <kjump/abi/hibernate/kernel.hpp>

#include "hibernate/hash.hpp"
#include "hibernate/records.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

constexpr std::uint64_t kMostPhysical = std::uint64_t{1} << 52;  // Intel SDM 3A, 4.1.4: MAXPHYADDR

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) {
  return value / by + (value % by != 0 ? 1 : 0);
}

std::string identity_fault(const ImageHeader& header, const CommitRecord& commit) {
  if (header.magic != kImageMagic) {
    return "it does not begin with the mark of one";
  }
  if (header.version != kFormatVersion || header.header_bytes != sizeof header) {
    return fmt::format("it has format version {}, this kjump knows {}", header.version, kFormatVersion);
  }
  if (header.hash != record_hash(header)) {
    return "its hash is wrong";
  }
  if (!same(header.store, commit.store) || header.generation != commit.generation) {
    return fmt::format("it is that of generation {}, {} was committed", header.generation, commit.generation);
  }
  return {};
}

std::string count_fault(const ImageHeader& header) {
  if (header.range_count == 0 || header.range_count > kMostRanges ||
      header.fingerprint_count > kMostFingerprints || header.workspace_pieces > kMostWorkspacePieces ||
      header.machine.ranges > kMostRanges) {
    return "it lists more than it has room for";
  }
  if (header.free_fill > static_cast<std::uint32_t>(FreeFill::kPoison)) {
    return fmt::format("what free pages hold is unknown ({})", header.free_fill);
  }
  const auto* const last = header.fingerprints + header.fingerprint_count;
  if (std::any_of(header.fingerprints, last,
                  [](const Fingerprint& each) { return each.sectors > kMostFingerprintSectors; })) {
    return "a fingerprint has too many sectors";
  }
  return {};
}

std::string range_fault(const ImageHeader& header) {
  std::uint64_t end = 0;
  std::uint64_t pages = 0;
  for (std::uint32_t i = 0; i < header.range_count; ++i) {
    const MemoryRange& range = header.ranges[i];
    if (range.start < end || range.end <= range.start || range.end > kMostPhysical ||
        range.start % abi::kPageBytes != 0 || range.end % abi::kPageBytes != 0) {
      return fmt::format("memory range {} makes no sense: {:#x} to {:#x}", i, range.start, range.end);
    }
    end = range.end;
    pages += (range.end - range.start) / abi::kPageBytes;
  }
  return pages == header.pages ? std::string{}
                               : fmt::format("its ranges have {} pages, it says {}", pages, header.pages);
}

/// Numbers of pages are below 2^40 once `pages` is right, so that nothing here overflows.
std::string sum_fault(const ImageHeader& header, const CommitRecord& commit) {
  for (const std::uint64_t part :
       {header.data_pages, header.zero_pages, header.free_pages, header.skipped_pages}) {
    if (part > header.pages) {
      return "there are more pages of one kind than pages";
    }
  }
  // Free pages that the kernel expects to find with some content are saved, as data or as zero.
  const bool saved = header.free_fill != static_cast<std::uint32_t>(FreeFill::kNothing);
  const std::uint64_t left_out = header.skipped_pages + (saved ? 0 : header.free_pages);
  if (header.data_pages + header.zero_pages + left_out != header.pages) {
    return "the kinds of pages do not add up";
  }
  if (header.chunks != divide_up(header.data_pages, kChunkPages)) {
    return fmt::format("{} chunks for {} pages", header.chunks, header.data_pages);
  }
  if (header.table_bytes != 2 * bitmap_bytes(header.pages) + header.chunks * sizeof(ChunkEntry) ||
      header.table_blocks != divide_up(header.table_bytes, kBlockBytes)) {
    return fmt::format("its tables cannot have {} bytes in {} blocks", header.table_bytes,
                       header.table_blocks);
  }
  if (header.content_blocks > commit.blocks || header.table_blocks > commit.blocks ||
      kImageHeaderBlocks + header.content_blocks + header.table_blocks != commit.blocks) {
    return fmt::format("its parts do not add up to the {} blocks that were committed", commit.blocks);
  }
  return {};
}

std::string fault_of(const ImageHeader& header, const CommitRecord& commit) {
  if (std::string fault = identity_fault(header, commit); !fault.empty()) {
    return fault;
  }
  if (std::string fault = count_fault(header); !fault.empty()) {
    return fault;
  }
  if (std::string fault = range_fault(header); !fault.empty()) {
    return fault;
  }
  return sum_fault(header, commit);
}

}  // namespace

Result<void> ImageBlocks::read(std::uint64_t index, std::span<std::byte> to) const {
  const std::uint64_t blocks = to.size() / kBlockBytes;
  if (to.size() % kBlockBytes != 0 || index > blocks_ || blocks > blocks_ - index) {
    return fail(ErrorCode::kMalformed, fmt::format("{} blocks from {} are not in the image", blocks, index),
                "image");
  }
  if (blocks == 0) {
    return {};
  }
  const std::uint64_t at = ring_block(first_, index, store_blocks_);
  const std::uint64_t before_end = std::min(blocks, store_blocks_ - at);
  const auto split = static_cast<std::size_t>(before_end * kBlockBytes);
  KJUMP_CHECK(read_(at, to.first(split)));
  return split == to.size() ? Result<void>{} : read_(kDataBlock, to.subspan(split));
}

Result<ImageHeader> read_image_header(const ImageBlocks& blocks, const CommitRecord& commit) {
  std::array<std::byte, kImageHeaderBytes> bytes{};
  KJUMP_CHECK(blocks.read(0, bytes));
  ImageHeader header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  std::string fault = fault_of(header, commit);
  if (fault.empty() && commit.header_hash != hash_bytes(bytes)) {
    fault = "it is not the one that was committed";
  }
  if (!fault.empty()) {
    return fail(ErrorCode::kMalformed, "the image's header is damaged: " + fault,
                fmt::format("generation {}", commit.generation), "it cannot be restored; discard it");
  }
  header.kernel[sizeof header.kernel - 1] = '\0';
  return header;
}

}  // namespace kjump::hibernate
