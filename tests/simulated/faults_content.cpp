// SPDX-License-Identifier: MIT
// Content and tables: bits flipped everywhere, found before the first byte of memory is overwritten; tables
// that claim something else, by somebody who made the hashes right again.
#include <fmt/format.h>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

constexpr const char* kContent = "restore, image content";
constexpr const char* kTable = "restore, image tables";
constexpr const char* kAttempts = "refused: this image was tried three times and never came up";

format::ImageHeader& header() {
  Machine& machine = scene().machine;
  return record_in<format::ImageHeader>(machine, commit_of(machine, 0).first_block);
}

/// Where a byte of the image lies: the store's blocks are in two pieces.
std::uint8_t* byte_of_image(std::uint64_t offset) {
  Machine& machine = scene().machine;
  const std::uint64_t block = format::ring_block(commit_of(machine, 0).first_block,
                                                 offset / format::kBlockBytes, machine.shape().store_blocks);
  return machine.block(block) + offset % format::kBlockBytes;
}

std::uint64_t tables_at() {
  return (format::kImageHeaderBlocks + header().content_blocks) * format::kBlockBytes;
}

std::uint64_t chunks_at() {
  return tables_at() + 2 * format::bitmap_bytes(header().pages);
}

format::ChunkEntry& chunk(std::uint64_t number) {
  return *reinterpret_cast<format::ChunkEntry*>(
      byte_of_image(chunks_at() + number * sizeof(format::ChunkEntry)));
}

std::uint32_t stored(const format::ChunkEntry& entry) {
  return entry.stored & ~format::kChunkRaw;
}

/// By the words of docs/hibernation-format.md, not by the payload's code: which chunk holds the byte; chunks
/// for one that fills up a batch's last block.
std::uint64_t chunk_at(std::uint64_t offset) {
  std::uint64_t at = format::kImageHeaderBytes;
  const std::uint64_t chunks = header().chunks;
  for (std::uint64_t i = 0; i < chunks; ++i) {
    if (offset < at + stored(chunk(i))) {
      return i;
    }
    at += stored(chunk(i));
    if (i % format::kBatchChunks == format::kBatchChunks - 1) {
      at = (at + format::kBlockBytes - 1) / format::kBlockBytes * format::kBlockBytes;
      if (offset < at) {
        return chunks;
      }
    }
  }
  return chunks;
}

std::string damaged_chunk(std::uint64_t number) {
  return fmt::format("the image is damaged: chunk {} of {}", number, header().chunks);
}

std::string flip_image(std::uint64_t offset, unsigned bit) {
  Scene& at = scene();
  at.switch_off();
  *byte_of_image(offset) ^= static_cast<std::uint8_t>(1U << bit);
  at.machine.disk.make_safe();
  return refused_and_mended(at);
}

void add_content_flips(std::vector<Injection>& list) {
  scene().switch_off();
  std::mt19937_64 chance(11);
  const std::uint64_t bytes = header().content_blocks * format::kBlockBytes;
  for (int i = 0; i < 80; ++i) {
    const std::uint64_t offset = format::kImageHeaderBytes + chance() % bytes;
    const auto bit = static_cast<unsigned>(chance() % 8);
    const std::uint64_t number = chunk_at(offset);
    list.push_back({kContent, fmt::format("bit {} of byte {} of the image flipped", bit, offset),
                    number < header().chunks ? "refused: " + damaged_chunk(number) : kRestored,
                    [offset, bit] { return flip_image(offset, bit); }});
  }
}

void add_table_flips(std::vector<Injection>& list) {
  scene().switch_off();
  std::mt19937_64 chance(12);
  for (int i = 0; i < 24; ++i) {
    const std::uint64_t offset =
        chance() % (i < 20 ? header().table_bytes : header().table_blocks * format::kBlockBytes);
    const auto bit = static_cast<unsigned>(chance() % 8);
    const std::uint64_t at = tables_at() + offset;
    list.push_back({kTable, fmt::format("bit {} of their byte {} flipped", bit, offset),
                    offset < header().table_bytes ? kTables : kRestored,
                    [at, bit] { return flip_image(at, bit); }});
  }
}

// Without the pass that only verifies, damage shows when memory is half overwritten: the machine starts
// again, and no more often than the store's counter lets it.
std::string flip_and_hurry() {
  Scene& at = scene();
  at.switch_off();
  flip(byte_of_image((format::kImageHeaderBlocks + header().content_blocks / 2) * format::kBlockBytes));
  at.machine.disk.make_safe();
  at.machine.restore_request.flags |= format::kRestoreFast;
  for (std::uint32_t i = 0; i < format::kMostAttempts; ++i) {
    at.machine.forget();
    if (restore(at.machine).end != End::kReset) {
      return "NOT RESET";
    }
  }
  return refused_and_mended(at);
}

struct Claim {
  const char* what;
  const char* expected;
  void (*make)();
};

std::uint8_t* bit_of(std::uint64_t bitmap, std::uint64_t page) {
  return byte_of_image(tables_at() + bitmap * format::bitmap_bytes(header().pages) + page / 8);
}

// The first page of the kind that a bitmap marks.
std::uint64_t first_marked(std::uint64_t bitmap) {
  std::uint64_t page = 0;
  while ((*bit_of(bitmap, page) >> page % 8 & 1) == 0) {
    ++page;
  }
  return page;
}

void toggle(std::uint64_t bitmap, std::uint64_t page) {
  *bit_of(bitmap, page) ^= static_cast<std::uint8_t>(1U << page % 8);
}

// Page 256 is the first of the workspace (scene.cpp): neither saved nor zero.
constexpr std::uint64_t kLeftOut = 256;

constexpr Claim kClaims[] = {
    {"one data page less", kTables, [] { toggle(0, first_marked(0)); }},
    {"one data page more", kTables, [] { toggle(0, kLeftOut); }},
    {"a data page in the restore's own workspace instead of another", kTables,
     [] { toggle(0, first_marked(0)), toggle(0, kLeftOut); }},
    {"one zero page less", kTables, [] { toggle(1, first_marked(1)); }},
    {"a zero page in the restore's own workspace instead of another", kTables,
     [] { toggle(1, first_marked(1)), toggle(1, kLeftOut); }},
    {"a page that is data and zero", kTables, [] { toggle(1, first_marked(1)), toggle(1, first_marked(0)); }},
    {"a bit behind the last page instead of a data page", kTables,
     [] { toggle(0, first_marked(0)), toggle(0, header().pages); }},
    {"a bit behind the last page instead of a zero page", kTables,
     [] { toggle(1, first_marked(1)), toggle(1, header().pages); }},
    {"a chunk's hash", "refused: the image is damaged: chunk 0 of ", [] { chunk(0).hash ^= 1; }},
    {"a chunk of no bytes", kTables, [] { chunk(1).stored = 0; }},
    {"a chunk of more bytes than its pages", kTables, [] { chunk(1).stored = format::kChunkBytes + 1; }},
    {"a chunk said not to be compressed", kTables, [] { chunk(1).stored ^= format::kChunkRaw; }},
    {"a chunk of a block more", kTables, [] { chunk(1).stored += format::kBlockBytes; }},
    {"a chunk of no pages", kTables, [] { chunk(1).pages = 0; }},
    {"a chunk of too many pages", kTables, [] { chunk(1).pages = format::kChunkPages + 1; }},
    {"a chunk of one page less, another of one more", kTables,
     [] { --chunk(1).pages, ++chunk(header().chunks - 1).pages; }},
};

std::string claim(const Claim& claim) {
  Scene& at = scene();
  at.switch_off();
  claim.make();
  std::vector<std::uint8_t> tables(header().table_bytes);
  for (std::uint64_t i = 0; i < tables.size(); ++i) {
    tables[i] = *byte_of_image(tables_at() + i);
  }
  header().table_hash = hibernate::hash_of(tables.data(), tables.size());
  mend_header(at.machine);
  at.machine.disk.make_safe();
  return refused_and_mended(at);
}

}  // namespace

std::vector<Injection> content_injections() {
  std::vector<Injection> list;
  add_content_flips(list);
  list.push_back({kContent, "a bit flipped, and restored three times without verifying first", kAttempts,
                  flip_and_hurry});
  add_table_flips(list);
  for (const Claim& each : kClaims) {
    std::string expected = each.expected;
    expected += expected.ends_with(' ') ? std::to_string(header().chunks) : "";
    list.push_back(
        {kTable, fmt::format("{}, hashes made right", each.what), expected, [&each] { return claim(each); }});
  }
  return list;
}

}  // namespace kjump::simulated
