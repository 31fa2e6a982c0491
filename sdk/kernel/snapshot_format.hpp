// SPDX-License-Identifier: MIT
/// What lies on a device or in a file that snapshots go to. In blocks of 4 KiB: the index, the list of where
/// the others lie on the whole disk, then one dump after the other (kdump_format.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include <kjump/abi/hibernate/store.hpp>

namespace kjump::two_kernels {

inline constexpr std::uint64_t kSnapshotMagic = 0x50414E534A4B4B32;
inline constexpr std::uint32_t kSnapshotVersion = 1;
inline constexpr std::uint32_t kSnapshotBlock = abi::hibernate::kBlockBytes;
inline constexpr std::uint32_t kSnapshotExtentBlocks = 15;
inline constexpr std::uint64_t kSnapshotDataBlock = 1 + kSnapshotExtentBlocks;
inline constexpr std::uint32_t kMostSnapshotExtents =
    std::size_t{kSnapshotExtentBlocks} * kSnapshotBlock / sizeof(abi::hibernate::Extent);
inline constexpr std::uint32_t kMostSnapshots = 24;

struct SnapshotEntry {
  std::uint64_t number;  ///< from 1 on, never used again; 0: no snapshot
  std::uint64_t first_block;
  std::uint64_t bytes;
  std::uint64_t taken_at;      ///< seconds since 1970, by the clock of the kernel that was saved
  std::uint64_t microseconds;  ///< that saving took
  std::uint64_t pages;         ///< of that kernel's memory
  std::uint64_t free_pages;    ///< left out
  std::uint64_t zero_pages;
  std::uint64_t memory_base;  ///< of the kernel that saved it: where the one that restores has to be
  std::uint64_t memory_bytes;
  char release[64];
};

struct SnapshotIndex {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t extents;
  std::uint64_t id;            ///< random, another one each time that somebody is to find it
  std::uint64_t disk_sectors;  ///< of the whole disk
  std::uint64_t blocks;        ///< of all
  std::uint64_t next_number;
  std::uint64_t hash;  ///< XXH64 of the index, this field taken as zero
  std::uint64_t reserved;
  SnapshotEntry entries[kMostSnapshots];
};
static_assert(sizeof(SnapshotIndex) <= kSnapshotBlock);

}  // namespace kjump::two_kernels
