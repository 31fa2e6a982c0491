// SPDX-License-Identifier: MIT
#include "hibernate/store.hpp"

#include <sys/random.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hibernate/extents.hpp"
#include "hibernate/hash.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

using Block = std::array<std::byte, kBlockBytes>;

constexpr const char* kPrepareAgain =
    "kjump hibernate prepare makes it a store again; an image in it is lost";

bool same_extents(const std::vector<Extent>& a, const std::vector<Extent>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Extent& left, const Extent& right) {
    return left.first_block == right.first_block && left.blocks == right.blocks &&
           left.sector == right.sector;
  });
}

Result<Block> random_block() {
  Block block{};
  std::size_t done = 0;
  while (done < block.size()) {
    const ssize_t got = ::getrandom(block.data() + done, block.size() - done, 0);
    if (got < 0 && errno != EINTR) {
      return fail_errno("cannot get random bytes");
    }
    done += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  return block;
}

/// Blocks 0 to 8, which follow each other on the disk or are read through `extents`.
struct Front {
  StoreHeader header{};
  std::vector<Extent> extents;
};

template <typename Read>
Result<Front> read_front(const std::string& path, Read read) {
  std::array<std::byte, std::size_t{1 + kExtentBlocks} * kBlockBytes> bytes{};
  KJUMP_CHECK(read(std::span<std::byte>(bytes)));
  Front front;
  KJUMP_TRY(front.header, parse_store_header(std::span(bytes).first(kBlockBytes), path));
  KJUMP_TRY(front.extents, parse_extents(front.header, std::span(bytes).subspan(kBlockBytes), path));
  return front;
}

}  // namespace

Result<Store> Store::open(const std::string& path, Access access) {
  const System system;
  KJUMP_TRY(Place place, locate(system, path));
  KJUMP_TRY(auto disk, open_disk(device_path(place.disk), access));
  Store store(std::move(disk), path);
  store.disk_name_ = place.disk;
  store.extents_ = std::move(place.extents);
  if (place.blocks < kSmallestStoreBlocks) {
    return fail(ErrorCode::kInvalid, "too small for a store", path, kPrepareAgain);
  }
  KJUMP_TRY(Front front,
            read_front(path, [&store](std::span<std::byte> to) { return store.read_blocks(0, to); }));
  if (front.header.disk_sectors != place.disk_sectors) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the store was prepared on a disk of {} sectors, this one has {}",
                            front.header.disk_sectors, place.disk_sectors),
                path, kPrepareAgain);
  }
  if (!same_extents(front.extents, store.extents_)) {
    return fail(ErrorCode::kMalformed,
                "the store has moved: it no longer lies on the disk where its own records say", path,
                kPrepareAgain);
  }
  store.header_ = front.header;
  return store;
}

Result<Store> Store::on_disk(std::unique_ptr<Disk> disk, std::uint64_t sector, const std::string& path) {
  Store store(std::move(disk), path);
  // The first blocks are in one piece (extents_fault).
  constexpr std::uint64_t kFrontSectors = std::uint64_t{1 + kExtentBlocks} * kSectorsPerBlock;
  if (sector > store.device_->sectors() || store.device_->sectors() - sector < kFrontSectors) {
    return fail(ErrorCode::kInvalid, fmt::format("sector {} is not on this disk", sector), path);
  }
  KJUMP_TRY(Front front,
            read_front(path, [&](std::span<std::byte> to) { return store.device_->read(sector, to); }));
  if (front.header.header_sector != sector || front.header.disk_sectors > store.device_->sectors()) {
    return fail(ErrorCode::kMalformed, "the store was prepared at another place or on another disk", path);
  }
  store.header_ = front.header;
  store.extents_ = std::move(front.extents);
  return store;
}

Result<Store> Store::copy(std::unique_ptr<Disk> disk, const std::string& path) {
  Store store(std::move(disk), path);
  KJUMP_TRY(Front front,
            read_front(path, [&store](std::span<std::byte> to) { return store.device_->read(0, to); }));
  if (store.device_->sectors() / kSectorsPerBlock < front.header.blocks) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the copy of the store is cut off: it should have {} blocks of {} bytes",
                            front.header.blocks, kBlockBytes),
                path);
  }
  store.header_ = front.header;
  store.extents_ = {{0, front.header.blocks, 0}};
  return store;
}

Result<void> Store::read_blocks(std::uint64_t first_block, std::span<std::byte> to) const {
  if (to.size() % kBlockBytes != 0) {
    return fail(ErrorCode::kInvalid, "not whole blocks", path_);
  }
  return for_each_run(extents_, first_block, to.size() / kBlockBytes,
                      [&](std::uint64_t sector, std::size_t offset, std::size_t bytes) {
                        return device_->read(sector, to.subspan(offset, bytes));
                      });
}

Result<void> Store::write_blocks(std::uint64_t first_block, std::span<const std::byte> from) {
  if (from.size() % kBlockBytes != 0) {
    return fail(ErrorCode::kInvalid, "not whole blocks", path_);
  }
  return for_each_run(extents_, first_block, from.size() / kBlockBytes,
                      [&](std::uint64_t sector, std::size_t offset, std::size_t bytes) {
                        return device_->write(sector, from.subspan(offset, bytes));
                      });
}

Result<void> Store::flush() {
  return device_->flush();
}

Result<void> Store::write_and_check(std::uint64_t first_block, std::span<const std::byte> from) {
  KJUMP_CHECK(write_blocks(first_block, from));
  KJUMP_CHECK(flush());
  std::vector<std::byte> back(from.size());
  KJUMP_CHECK(read_blocks(first_block, back));
  if (!std::equal(back.begin(), back.end(), from.begin())) {
    return fail(ErrorCode::kSystem,
                fmt::format("block {} reads back differently than it was written", first_block), path_,
                "the disk is not to be trusted");
  }
  return {};
}

Result<Canary> Store::write_canary() {
  KJUMP_TRY(const Block block, random_block());
  KJUMP_CHECK(write_and_check(kCanaryBlock, block));
  Canary canary{};
  std::memcpy(canary.data(), block.data(), canary.size());
  return canary;
}

Result<Slots> Store::slots() const {
  std::array<Block, kSlots> commits{};
  std::array<Block, kSlots> states{};
  Slots slots;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    KJUMP_CHECK(read_blocks(kCommitBlock + i, commits[i]));
    KJUMP_CHECK(read_blocks(kStateBlock + i, states[i]));
    slots[i] = parse_slot(header_, commits[i], states[i]);
  }
  return slots;
}

Result<void> Store::set_state(unsigned slot, ImageState state) {
  auto now = slots();  // no KJUMP_TRY: g++ 12 believes an optional in a moved array may be uninitialized
  if (!now) {
    return Failure(std::move(now).error());
  }
  if (slot >= now->size() || !(*now)[slot]) {
    return fail(ErrorCode::kInvalid, fmt::format("slot {} holds no image", slot), path_);
  }
  StateRecord record = (*now)[slot]->state;
  record.state = static_cast<std::uint32_t>(state);
  seal(record);
  Block block{};
  std::memcpy(block.data(), &record, sizeof record);
  return write_and_check(kStateBlock + slot, block);
}

Result<std::uint64_t> Store::room_blocks() const {
  const auto now = slots();  // as in set_state()
  if (!now) {
    return Failure(now.error());
  }
  return room_beside(*now, header_.blocks);
}

std::uint64_t room_beside(const Slots& slots, std::uint64_t store_blocks) {
  const bool both =
      std::all_of(slots.begin(), slots.end(), [](const auto& slot) { return slot && must_be_kept(*slot); });
  std::uint64_t room = both ? 0 : store_blocks - kDataBlock;
  for (const auto& slot : slots) {
    if (slot && must_be_kept(*slot)) {
      room -= std::min(room, slot->commit.blocks);
    }
  }
  return room;
}

}  // namespace kjump::hibernate
