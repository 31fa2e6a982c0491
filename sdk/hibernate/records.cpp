// SPDX-License-Identifier: MIT
#include "hibernate/records.hpp"

#include <fmt/format.h>

#include <cstring>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/restore.hpp>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

/// The first bytes of a block, as a record.
template <typename Record>
Record record_of(std::span<const std::byte> block) {
  Record record{};
  if (block.size() >= sizeof record) {
    std::memcpy(&record, block.data(), sizeof record);
  }
  return record;
}

std::string header_fault(const StoreHeader& header) {
  if (header.magic != kStoreMagic) {
    return "no kjump store begins here";
  }
  if (header.version != kFormatVersion || header.header_bytes != sizeof header) {
    return fmt::format("the store has format version {}, this kjump knows {}", header.version,
                       kFormatVersion);
  }
  if (header.hash != record_hash(header)) {
    return "the store's header is damaged: its hash is wrong";
  }
  if (header.blocks < kSmallestStoreBlocks || header.extents == 0 || header.extents > kMostExtents) {
    return fmt::format("the store's header makes no sense: {} blocks in {} extents", header.blocks,
                       header.extents);
  }
  return {};
}

Slot slot_of(const CommitRecord& commit, std::span<const std::byte> block) {
  const auto state = record_of<StateRecord>(block);
  const StateRecord blank{};
  const bool whole = state.magic == kStateMagic && state.version == kFormatVersion &&
                     state.state <= static_cast<std::uint32_t>(ImageState::kContinued) &&
                     state.hash == record_hash(state);
  if (whole && same(state.store, commit.store) && state.generation == commit.generation) {
    return {commit, state};
  }
  // An absent or older one: nothing has become of the image yet.
  StateRecord fresh{};
  fresh.magic = kStateMagic;
  fresh.version = kFormatVersion;
  fresh.state = static_cast<std::uint32_t>(ImageState::kCommitted);
  fresh.store = commit.store;
  fresh.generation = commit.generation;
  seal(fresh);
  return {commit, fresh, !whole && std::memcmp(&state, &blank, sizeof state) != 0};
}

}  // namespace

Result<StoreHeader> parse_store_header(std::span<const std::byte> block, const std::string& subject) {
  const auto header = record_of<StoreHeader>(block);
  if (const std::string fault = header_fault(header); !fault.empty()) {
    return fail(ErrorCode::kMalformed, fault, subject, "kjump hibernate prepare makes a store");
  }
  return header;
}

Result<std::vector<Extent>> parse_extents(const StoreHeader& header, std::span<const std::byte> blocks,
                                          const std::string& subject) {
  const std::size_t bytes = std::size_t{header.extents} * sizeof(Extent);
  if (header.extents > kMostExtents || blocks.size() < bytes) {
    return fail(ErrorCode::kMalformed, "the store's list of extents is cut off", subject);
  }
  // Block by block: an extent does not cross from one to the next.
  std::vector<Extent> extents(header.extents);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const std::size_t at = i / kExtentsPerBlock * kBlockBytes + i % kExtentsPerBlock * sizeof(Extent);
    if (at + sizeof(Extent) > blocks.size()) {
      return fail(ErrorCode::kMalformed, "the store's list of extents is cut off", subject);
    }
    std::memcpy(&extents[i], blocks.data() + at, sizeof(Extent));
  }
  if (hash_bytes(std::as_bytes(std::span(extents))) != header.extents_hash) {
    return fail(ErrorCode::kMalformed, "the store's list of extents is damaged: its hash is wrong", subject);
  }
  std::string fault = extents_fault(extents, header.blocks, header.disk_sectors);
  if (fault.empty() && extents.front().sector != header.header_sector) {
    fault = "the first does not begin with the header";
  }
  if (!fault.empty()) {
    return fail(ErrorCode::kMalformed, "the store's list of extents makes no sense: " + fault, subject);
  }
  return extents;
}

std::string extents_fault(std::span<const Extent> extents, std::uint64_t blocks, std::uint64_t disk_sectors) {
  // Who knows only where block 0 lies must find the list, and a boot sector its program.
  if (extents.empty() || extents.front().blocks < kDataBlock) {
    return fmt::format("the first {} blocks are not in one piece", kDataBlock);
  }
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const Extent& extent = extents[i];
    if (extent.first_block != next || extent.blocks == 0 || extent.blocks > blocks - next) {
      return fmt::format("extent {} covers {} blocks from {}, where {} is next of {}", i, extent.blocks,
                         extent.first_block, next, blocks);
    }
    if (extent.sector > disk_sectors || extent.blocks > (disk_sectors - extent.sector) / kSectorsPerBlock) {
      return fmt::format("extent {} ends behind the disk's {} sectors", i, disk_sectors);
    }
    next += extent.blocks;
  }
  return next == blocks ? std::string{} : fmt::format("they cover {} of {} blocks", next, blocks);
}

std::optional<Slot> parse_slot(const StoreHeader& header, std::span<const std::byte> commit_block,
                               std::span<const std::byte> state_block) {
  const auto commit = record_of<CommitRecord>(commit_block);
  const std::uint64_t ring = header.blocks - kDataBlock;
  if (commit.magic != kCommitMagic || commit.version != kFormatVersion ||
      commit.hash != record_hash(commit) || !same(commit.store, header.uuid) ||
      commit.first_block < kDataBlock || commit.first_block >= header.blocks ||
      commit.blocks < kImageHeaderBlocks || commit.blocks > ring) {
    return std::nullopt;
  }
  return slot_of(commit, state_block);
}

bool must_be_kept(const Slot& slot) {
  return slot.state.state != static_cast<std::uint32_t>(ImageState::kDone) &&
         slot.state.state != static_cast<std::uint32_t>(ImageState::kDiscarded);
}

std::optional<unsigned> newest(const Slots& slots) {
  std::optional<unsigned> found;
  for (unsigned i = 0; i < slots.size(); ++i) {
    if (slots[i] && (!found || slots[i]->commit.generation > slots[*found]->commit.generation)) {
      found = i;
    }
  }
  return found;
}

std::string state_name(std::uint32_t state) {
  constexpr std::array kNames{"committed", "started", "done", "discarded", "continued"};
  return state < kNames.size() ? kNames[state] : fmt::format("unknown ({})", state);
}

std::string refusal_text(std::uint32_t status) {
  switch (static_cast<RestoreStatus>(status)) {
    case RestoreStatus::kNone:
      return "none";
    case RestoreStatus::kVerified:
      return "it was verified";
    case RestoreStatus::kRequest:
      return "the request made no sense";
    case RestoreStatus::kNoDisk:
      return "no store on any disk that could be reached";
    case RestoreStatus::kNoImage:
      return "nothing to go on from";
    case RestoreStatus::kAttempts:
      return "it was tried too often";
    case RestoreStatus::kHeader:
      return "the image's header is damaged";
    case RestoreStatus::kTables:
      return "the image's tables are damaged";
    case RestoreStatus::kContent:
      return "a chunk's hash is wrong";
    case RestoreStatus::kMemoryMap:
      return "the machine's memory map is another one";
    case RestoreStatus::kAcpi:
      return "the machine's ACPI tables are other ones";
    case RestoreStatus::kProcessor:
      return "the processor is another one";
    case RestoreStatus::kFileSystem:
      return "a file system that was mounted has been written since";
    case RestoreStatus::kDisk:
      return "the disk failed";
    case RestoreStatus::kWorkspace:
      return "there was no memory to work in";
    case RestoreStatus::kEscape:
      return "the user stopped it";
  }
  return fmt::format("unknown ({})", status);
}

std::string uuid_text(const Uuid& uuid) {
  std::string text;
  for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid.bytes[i]);
  }
  return text;
}

bool same(const Uuid& a, const Uuid& b) {
  return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

}  // namespace kjump::hibernate
