// SPDX-License-Identifier: MIT
/// A store: the partition or file that images go to, seen as one run of 4 KiB blocks
/// (abi/hibernate/store.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "hibernate/disk.hpp"
#include "hibernate/place.hpp"
#include "hibernate/records.hpp"

namespace kjump::hibernate {

using Canary = std::array<std::uint8_t, sizeof(abi::hibernate::SaveRequest::canary)>;

class Store {
 public:
  /// A prepared partition or file. All later access goes to the whole disk with O_DIRECT, never through a
  /// file system or the partition's cache. A store that is no longer where its own records say is refused.
  [[nodiscard]] static Result<Store> open(const std::string& path, Access access = Access::kWrite);
  /// The store whose block 0 lies at that sector of a disk, or of a copy of one.
  [[nodiscard]] static Result<Store> on_disk(std::unique_ptr<Disk> disk, std::uint64_t sector,
                                             const std::string& path);
  /// A plain copy of a store: a regular file that begins with its block 0.
  [[nodiscard]] static Result<Store> copy(std::unique_ptr<Disk> disk, const std::string& path);

  [[nodiscard]] const abi::hibernate::StoreHeader& header() const { return header_; }
  [[nodiscard]] const std::vector<abi::hibernate::Extent>& extents() const { return extents_; }
  /// The kernel's name of the whole disk: "sda", "nvme0n1". Empty for a copy.
  [[nodiscard]] const std::string& disk() const { return disk_name_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// A fresh random block: written, flushed and read back.
  [[nodiscard]] Result<Canary> write_canary();
  [[nodiscard]] Result<Slots> slots() const;
  /// What became of the slot's image. An empty slot is an error.
  [[nodiscard]] Result<void> set_state(unsigned slot, abi::hibernate::ImageState state);
  /// Whole blocks of the store.
  [[nodiscard]] Result<void> read_blocks(std::uint64_t first_block, std::span<std::byte> to) const;
  [[nodiscard]] Result<void> write_blocks(std::uint64_t first_block, std::span<const std::byte> from);
  [[nodiscard]] Result<void> flush();
  /// For the next image, when those that somebody may still want stay.
  [[nodiscard]] Result<std::uint64_t> room_blocks() const;

 private:
  Store(std::unique_ptr<Disk> disk, std::string path) : device_(std::move(disk)), path_(std::move(path)) {}

  [[nodiscard]] Result<void> write_and_check(std::uint64_t first_block, std::span<const std::byte> from);

  std::unique_ptr<Disk> device_;
  std::string path_;
  std::string disk_name_;
  abi::hibernate::StoreHeader header_{};
  std::vector<abi::hibernate::Extent> extents_;
};

/// room_blocks() of a store of that many blocks whose slots hold this.
[[nodiscard]] std::uint64_t room_beside(const Slots& slots, std::uint64_t store_blocks);

}  // namespace kjump::hibernate
