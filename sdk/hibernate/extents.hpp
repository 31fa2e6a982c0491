// SPDX-License-Identifier: MIT
/// From runs of a block device to extents of the whole disk, and back to the runs that a transfer needs.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

namespace kjump::hibernate {

/// Sectors [first, first + sectors) of a block device begin at this sector of the disk; 512 bytes each.
struct Segment {
  std::uint64_t first = 0;
  std::uint64_t sectors = 0;
  std::uint64_t disk_sector = 0;
};

/// Sectors [first, first + sectors) of what these segments, which follow each other, describe; as sectors
/// from `as` on.
[[nodiscard]] Result<std::vector<Segment>> slice(std::span<const Segment> segments, std::uint64_t first,
                                                 std::uint64_t sectors, std::uint64_t as,
                                                 const std::string& subject);

/// Bytes [logical, logical + bytes) of a store lie at this place of its block device.
struct ByteRun {
  std::uint64_t logical = 0;
  std::uint64_t physical = 0;
  std::uint64_t bytes = 0;
};

/// The extents of a store whose content lies in these runs of the device: whole blocks, joined where they
/// follow each other on the disk.
[[nodiscard]] Result<std::vector<abi::hibernate::Extent>> extents_of(std::span<const Segment> device,
                                                                     std::span<const ByteRun> runs,
                                                                     const std::string& subject);

/// Calls transfer(sector, offset in the caller's buffer, bytes) for each run on the disk of blocks
/// [first_block, first_block + blocks) of the store.
[[nodiscard]] Result<void> for_each_run(
    std::span<const abi::hibernate::Extent> extents, std::uint64_t first_block, std::uint64_t blocks,
    const std::function<Result<void>(std::uint64_t, std::size_t, std::size_t)>& transfer);

}  // namespace kjump::hibernate
