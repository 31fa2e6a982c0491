// SPDX-License-Identifier: MIT
/// The device or file that snapshots go to (snapshot_format.hpp), always read and written on the whole disk,
/// past every file system and cache: two kernels use it in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "hibernate/disk.hpp"
#include "host/system.hpp"
#include "kernel/dump_source.hpp"
#include "kernel/snapshot_format.hpp"

namespace kjump::two_kernels {

struct SnapshotPlace {
  std::uint64_t bytes = 0;  ///< of a file that does not exist yet; 0: none is made
  bool anew = false;        ///< snapshots and data that lie there are of no use any more
};

class SnapshotStore {
 public:
  /// What is there; an error when it holds no snapshots.
  [[nodiscard]] static Result<SnapshotStore> open(const System& system, const std::string& path,
                                                  hibernate::Access access = hibernate::Access::kRead);
  /// The same, made ready when it is not. Refused when somebody uses the device or other data lie there.
  [[nodiscard]] static Result<SnapshotStore> prepare(const System& system, const std::string& path,
                                                     const SnapshotPlace& how);
  /// The one with this id, whose index lies at that sector of a disk of that size; on any of this machine's.
  [[nodiscard]] static Result<SnapshotStore> find(const System& system, std::uint64_t disk_sectors,
                                                  std::uint64_t sector, std::uint64_t id);

  [[nodiscard]] const SnapshotIndex& index() const { return index_; }
  [[nodiscard]] std::vector<SnapshotEntry> snapshots() const;
  /// Where the index lies on the whole disk.
  [[nodiscard]] std::uint64_t sector() const { return extents_.front().sector; }
  /// First block behind all snapshots, and how many are left from there.
  [[nodiscard]] std::uint64_t next_block() const;
  [[nodiscard]] std::uint64_t room_blocks() const { return index_.blocks - next_block(); }

  /// Gives it another id, by which the other kernel finds it.
  [[nodiscard]] Result<void> renew_id(const System& system);
  /// Enters a snapshot that has been written to next_block(); numbers it.
  [[nodiscard]] Result<SnapshotEntry> add(SnapshotEntry entry);
  /// Whole blocks.
  [[nodiscard]] Result<void> write(std::uint64_t first_block, std::span<const std::byte> from);
  [[nodiscard]] Result<void> read(std::uint64_t first_block, std::span<std::byte> to) const;
  [[nodiscard]] Result<void> flush() { return disk_->flush(); }

  /// The dump of a snapshot; 0: of the last one. The store goes into it.
  [[nodiscard]] static Result<std::unique_ptr<DumpSource>> dump(SnapshotStore store, std::uint64_t number);

 private:
  SnapshotStore(std::unique_ptr<hibernate::Disk> disk, std::vector<abi::hibernate::Extent> extents,
                std::string name)
      : disk_(std::move(disk)), extents_(std::move(extents)), name_(std::move(name)) {}

  [[nodiscard]] Result<void> read_index();
  [[nodiscard]] Result<void> write_index();

  std::unique_ptr<hibernate::Disk> disk_;
  std::vector<abi::hibernate::Extent> extents_;
  std::string name_;
  SnapshotIndex index_{};
};

/// An index that is one, with numbers that fit each other.
[[nodiscard]] Result<void> check_snapshot_index(const SnapshotIndex& index, const std::string& name);

}  // namespace kjump::two_kernels
