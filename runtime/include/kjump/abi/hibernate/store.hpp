// SPDX-License-Identifier: MIT
/// A store: a partition or a file, seen as one run of 4 KiB blocks; extents say where on the disk they lie.
///
///     block 0       StoreHeader: who the store is, and where its blocks are (extents follow in 1 to 8)
///     block 9       canary: random bytes that Linux writes before each jump and the payload compares
///     block 10, 11  CommitRecord of slot A and slot B, one sector each
///     block 12, 13  StateRecord of slot A and slot B, one sector each: what became of the image
///     block 16      boot program, up to block 511: what a boot sector loads (abi/boot.hpp)
///     block 512     images, a ring: a new one begins where that of the other slot ends
///
/// Numbers are little-endian, hashes XXH64 with seed 0. A record's own hash covers all of it with the hash
/// field zero. What an image is: abi/hibernate/image.hpp.
#pragma once

#include <stdint.h>

namespace kjump::abi::hibernate {

inline constexpr uint32_t kBlockBytes = 4096;
inline constexpr uint32_t kSectorBytes = 512;  ///< unit of Extent::sector, whatever the disk's own is
inline constexpr uint32_t kSectorsPerBlock = kBlockBytes / kSectorBytes;

inline constexpr uint32_t kExtentBlocks = 8;
inline constexpr uint32_t kCanaryBlock = 9;
inline constexpr uint32_t kCommitBlock = 10;  ///< + slot
inline constexpr uint32_t kStateBlock = 12;   ///< + slot
inline constexpr uint32_t kBootBlock = 16;
inline constexpr uint32_t kBootBlocks = 496;
inline constexpr uint32_t kDataBlock = kBootBlock + kBootBlocks;
inline constexpr uint32_t kSlots = 2;
inline constexpr uint32_t kSmallestStoreBlocks = kDataBlock + 256;

inline constexpr uint32_t kFormatVersion = 2;

struct Uuid {
  uint8_t bytes[16];
};

/// Blocks [first_block, first_block + blocks) of the store begin at this sector of the whole disk.
struct Extent {
  uint64_t first_block;
  uint64_t blocks;
  uint64_t sector;
};
inline constexpr uint32_t kExtentsPerBlock = kBlockBytes / sizeof(Extent);
inline constexpr uint32_t kMostExtents = kExtentBlocks * kExtentsPerBlock;

inline constexpr uint64_t kStoreMagic = 0x45524F54534A4B48;  // "HKJSTORE"

/// Block 0.
struct StoreHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  Uuid uuid;
  uint64_t blocks;         ///< of the store
  uint64_t disk_sectors;   ///< size of the whole disk, 512 bytes each
  uint64_t header_sector;  ///< of block 0 on the disk
  uint32_t extents;
  uint32_t reserved;
  uint64_t extents_hash;  ///< of the Extent records
  uint64_t hash;
};

/// How many blocks hold so many bytes.
[[nodiscard]] constexpr uint64_t blocks_of(uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes;
}

/// Where an image's block lies in the store: images go round.
[[nodiscard]] constexpr uint64_t ring_block(uint64_t first, uint64_t index, uint64_t store_blocks) {
  const uint64_t ring = store_blocks - kDataBlock;
  return kDataBlock + (first - kDataBlock + index) % ring;
}

}  // namespace kjump::abi::hibernate
