// SPDX-License-Identifier: MIT
#include "kernel/snapshot_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/device_users.hpp"
#include "hibernate/extents.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/place.hpp"
#include "hibernate/signature.hpp"
#include "hibernate/store_file.hpp"

namespace kjump::two_kernels {
namespace {

using abi::hibernate::Extent;
using hibernate::Access;
using hibernate::Disk;

constexpr std::uint64_t kBlocksMost = std::uint64_t{1} << 44;
constexpr std::uint64_t kFewestBlocks = kSnapshotDataBlock + 256;

constexpr std::uint64_t blocks_of(std::uint64_t bytes) {
  return (bytes + kSnapshotBlock - 1) / kSnapshotBlock;
}

std::span<const SnapshotEntry> used_entries(const SnapshotIndex& index) {
  const std::span<const SnapshotEntry> all(index.entries);
  const auto end =
      std::find_if(all.begin(), all.end(), [](const SnapshotEntry& entry) { return entry.number == 0; });
  return all.first(static_cast<std::size_t>(end - all.begin()));
}

/// A dump within a store. Disks are read in whole blocks.
class SnapshotDump final : public DumpSource {
 public:
  SnapshotDump(SnapshotStore store, const SnapshotEntry& entry, std::string name)
      : store_(std::move(store)), entry_(entry), name_(std::move(name)) {}

  [[nodiscard]] std::uint64_t bytes() const override { return entry_.bytes; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 protected:
  [[nodiscard]] Result<void> read_within(std::uint64_t offset, std::span<std::byte> to) const override {
    const std::uint64_t first = offset / kSnapshotBlock;
    const std::uint64_t end = blocks_of(offset + to.size());
    std::vector<std::byte> blocks(static_cast<std::size_t>((end - first) * kSnapshotBlock));
    KJUMP_CHECK(store_.read(entry_.first_block + first, blocks));
    std::copy_n(blocks.begin() + static_cast<std::ptrdiff_t>(offset % kSnapshotBlock), to.size(), to.begin());
    return {};
  }

 private:
  SnapshotStore store_;
  SnapshotEntry entry_;
  std::string name_;
};

/// Whatever is said of what lies on it.
Result<void> check_unused(const System& system, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode)) {
    if (const std::string user = hibernate::device_user(system, status.st_rdev); !user.empty()) {
      return fail(ErrorCode::kBusy, "the device is in use: " + user, path, "name another");
    }
  }
  return {};
}

/// Nothing that is known lies there.
Result<void> check_nothing_lost(const std::string& path, Disk& disk, const hibernate::Place& place) {
  if (place.file) {
    return {};
  }
  const std::uint64_t blocks =
      std::min<std::uint64_t>(place.blocks, hibernate::kSignatureBytes / kSnapshotBlock);
  std::vector<std::byte> head(static_cast<std::size_t>(blocks * kSnapshotBlock));
  KJUMP_CHECK(hibernate::for_each_run(place.extents, 0, blocks,
                                      [&](std::uint64_t sector, std::size_t offset, std::size_t length) {
                                        return disk.read(sector, std::span(head).subspan(offset, length));
                                      }));
  if (const std::string found = hibernate::recognise(head, {}); !found.empty()) {
    return fail(ErrorCode::kBusy, "there is " + found, path,
                "name another device, or say --anew if it is of no use any more");
  }
  return {};
}

}  // namespace

Result<void> check_snapshot_index(const SnapshotIndex& index, const std::string& name) {
  if (index.magic != kSnapshotMagic) {
    return fail(ErrorCode::kInvalid, "there are no snapshots", name, "kjump snapshot --to makes the first");
  }
  if (index.version != kSnapshotVersion) {
    return fail(ErrorCode::kUnsupported, "the snapshots are of another version of kjump", name);
  }
  bool sane = hibernate::record_hash(index) == index.hash && index.extents != 0 &&
              index.extents <= kMostSnapshotExtents && index.blocks >= kFewestBlocks &&
              index.blocks <= kBlocksMost;
  std::uint64_t next = kSnapshotDataBlock;
  for (const SnapshotEntry& entry : used_entries(index)) {
    sane = sane && entry.first_block >= next && entry.first_block <= index.blocks &&
           entry.bytes <= (index.blocks - entry.first_block) * kSnapshotBlock &&
           entry.number < index.next_number;
    next = entry.first_block + blocks_of(entry.bytes);
  }
  if (!sane) {
    return fail(ErrorCode::kMalformed, "the index of snapshots is damaged", name);
  }
  return {};
}

Result<SnapshotStore> SnapshotStore::open(const System& system, const std::string& path, Access access) {
  KJUMP_TRY(hibernate::Place place, hibernate::locate(system, path));
  KJUMP_TRY(std::unique_ptr<Disk> disk, hibernate::open_disk(hibernate::device_path(place.disk), access));
  if (place.extents.empty()) {
    return fail(ErrorCode::kInvalid, "it is empty", path);
  }
  SnapshotStore store(std::move(disk), std::move(place.extents), path);
  KJUMP_CHECK(store.read_index());
  if (store.index_.disk_sectors != place.disk_sectors || store.index_.blocks > place.blocks) {
    return fail(ErrorCode::kMalformed, "the snapshots were taken on a disk or file of another size", path);
  }
  return store;
}

Result<SnapshotStore> SnapshotStore::prepare(const System& system, const std::string& path,
                                             const SnapshotPlace& how) {
  KJUMP_CHECK(check_unused(system, path));
  if (how.bytes != 0 && !system.exists(path)) {
    KJUMP_CHECK(hibernate::create_store_file(system, path, how.bytes));
    KJUMP_CHECK(hibernate::pin_file(system, path));
  } else if (!how.anew) {
    auto there = open(system, path, Access::kWrite);
    if (there || there.error().code != ErrorCode::kInvalid) {
      return there;
    }
  }
  KJUMP_TRY(const hibernate::Place place, hibernate::locate(system, path));
  if (place.blocks < kFewestBlocks || place.extents.size() > kMostSnapshotExtents ||
      place.extents.front().blocks < kSnapshotDataBlock) {
    return fail(ErrorCode::kLimit, fmt::format("{} blocks in {} pieces", place.blocks, place.extents.size()),
                path,
                fmt::format("snapshots take {} blocks or more, in at most {} pieces, {} of them in the first",
                            kFewestBlocks, kMostSnapshotExtents, kSnapshotDataBlock));
  }
  KJUMP_TRY(std::unique_ptr<Disk> disk,
            hibernate::open_disk(hibernate::device_path(place.disk), Access::kWrite));
  if (!how.anew) {
    KJUMP_CHECK(check_nothing_lost(path, *disk, place));
  }
  SnapshotStore store(std::move(disk), place.extents, path);
  store.index_ = {};
  store.index_.magic = kSnapshotMagic;
  store.index_.version = kSnapshotVersion;
  store.index_.extents = static_cast<std::uint32_t>(place.extents.size());
  store.index_.disk_sectors = place.disk_sectors;
  store.index_.blocks = place.blocks;
  store.index_.next_number = 1;
  std::vector<std::byte> list(std::size_t{kSnapshotExtentBlocks} * kSnapshotBlock);
  std::memcpy(list.data(), place.extents.data(), place.extents.size() * sizeof(Extent));
  KJUMP_CHECK(store.write(1, list));
  KJUMP_CHECK(store.renew_id(system));
  return store;
}

Result<SnapshotStore> SnapshotStore::find(const System& system, std::uint64_t disk_sectors,
                                          std::uint64_t sector, std::uint64_t id) {
  for (const std::string& name : system.list_directory("/sys/block")) {
    auto disk = hibernate::open_disk(hibernate::device_path(name), Access::kWrite);
    if (!disk || (*disk)->sectors() != disk_sectors) {
      continue;
    }
    // prepare() has seen to it that index and list lie together.
    SnapshotStore store(std::move(*disk), {Extent{0, kSnapshotDataBlock, sector}}, name);
    if (!store.read_index() || store.index_.id != id) {
      continue;
    }
    std::vector<std::byte> list(std::size_t{kSnapshotExtentBlocks} * kSnapshotBlock);
    KJUMP_CHECK(store.read(1, list));
    store.extents_.resize(store.index_.extents);
    std::memcpy(store.extents_.data(), list.data(), store.extents_.size() * sizeof(Extent));
    return store;
  }
  return fail(ErrorCode::kSystem, "the disk that the snapshot is to go to cannot be found",
              fmt::format("{} sectors, id {:x}", disk_sectors, id),
              "the second kernel needs its driver built in");
}

std::vector<SnapshotEntry> SnapshotStore::snapshots() const {
  const auto used = used_entries(index_);
  return {used.begin(), used.end()};
}

std::uint64_t SnapshotStore::next_block() const {
  const auto used = used_entries(index_);
  return used.empty() ? kSnapshotDataBlock : used.back().first_block + blocks_of(used.back().bytes);
}

Result<void> SnapshotStore::renew_id(const System& system) {
  KJUMP_TRY(index_.id, system.random());
  return write_index();
}

Result<SnapshotEntry> SnapshotStore::add(SnapshotEntry entry) {
  const std::size_t used = used_entries(index_).size();
  if (used == std::size(index_.entries)) {
    return fail(ErrorCode::kLimit, fmt::format("there are {} snapshots already", used), name_,
                "begin another series with --anew, or on another device");
  }
  KJUMP_CHECK(flush());
  entry.number = index_.next_number++;
  entry.first_block = next_block();
  index_.entries[used] = entry;
  KJUMP_CHECK(write_index());
  return entry;
}

Result<void> SnapshotStore::read_index() {
  std::vector<std::byte> block(kSnapshotBlock);
  KJUMP_CHECK(read(0, block));
  std::memcpy(&index_, block.data(), sizeof index_);
  return check_snapshot_index(index_, name_);
}

Result<void> SnapshotStore::write_index() {
  hibernate::seal(index_);
  std::vector<std::byte> block(kSnapshotBlock);
  std::memcpy(block.data(), &index_, sizeof index_);
  KJUMP_CHECK(write(0, block));
  return flush();
}

Result<void> SnapshotStore::write(std::uint64_t first_block, std::span<const std::byte> from) {
  return hibernate::for_each_run(extents_, first_block, from.size() / kSnapshotBlock,
                                 [&](std::uint64_t sector, std::size_t offset, std::size_t length) {
                                   return disk_->write(sector, from.subspan(offset, length));
                                 });
}

Result<void> SnapshotStore::read(std::uint64_t first_block, std::span<std::byte> to) const {
  return hibernate::for_each_run(extents_, first_block, to.size() / kSnapshotBlock,
                                 [&](std::uint64_t sector, std::size_t offset, std::size_t length) {
                                   return disk_->read(sector, to.subspan(offset, length));
                                 });
}

Result<std::unique_ptr<DumpSource>> SnapshotStore::dump(SnapshotStore store, std::uint64_t number) {
  const std::vector<SnapshotEntry> all = store.snapshots();
  const auto entry = number == 0 ? all.end() - (all.empty() ? 0 : 1)
                                 : std::find_if(all.begin(), all.end(),
                                                [&](const SnapshotEntry& it) { return it.number == number; });
  if (entry == all.end()) {
    return fail(ErrorCode::kInvalid,
                number == 0 ? std::string("there is no snapshot yet")
                            : fmt::format("there is no snapshot {}", number),
                store.name_, "kjump snapshot list shows those that are there");
  }
  std::string name = fmt::format("{}, snapshot {}", store.name_, entry->number);
  return std::make_unique<SnapshotDump>(std::move(store), *entry, std::move(name));
}

}  // namespace kjump::two_kernels
