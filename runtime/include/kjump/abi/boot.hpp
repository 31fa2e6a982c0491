// SPDX-License-Identifier: MIT
/// Starting a jump image straight from firmware: what a boot sector and a Multiboot program load.
///
/// On a disk: BootSector, 440 bytes at the beginning of the disk (the partition table behind them is not
/// ours), loads BootBlock, 4 KiB at one place, whose code loads the pieces and calls the image's boot entry.
/// When that returns, what was in the 440 bytes before gets the processor, or else the next boot device. The
/// image is not even loaded when the store's records say that there is nothing to restore: its own drivers
/// take the disks away from firmware.
///
/// In a Multiboot file: the program, then MultibootPlan, then the pieces' content one after the other.
///
/// Both clear [kBootClearBase, kBootClearEnd) first, so that only what is not zero is stored.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::abi {

/// What belongs to boot code in a disk's first sector; disk signature and partition table follow (UEFI 2.10,
/// table 5.1: boot code 440 bytes, unique signature 4, unknown 2, four partition records).
inline constexpr uint32_t kBootCodeBytes = 440;
inline constexpr uint32_t kBootSectorBytes = 512;
inline constexpr uint32_t kBootSectorAddress = 0x7C00;
inline constexpr uint32_t kBootBlockAddress = 0x7E00;
inline constexpr uint32_t kBootBlockBytes = 4096;
inline constexpr uint32_t kBootBlockCode = 896;  ///< bytes of code, at its beginning

inline constexpr uint32_t kBootClearBase = kImageLowest;
inline constexpr uint32_t kBootClearEnd = kImageEnd;

inline constexpr uint32_t kBootSectorMagic = 0x42534A4B;     // "KJSB"
inline constexpr uint32_t kBootBlockMagic = 0x42424A4B;      // "KJBB"
inline constexpr uint32_t kMultibootPlanMagic = 0x504D4A4B;  // "KJMP"

/// At the end of the 440 bytes. The block is read from the disk that the sector came from.
struct BootSectorFields {
  uint64_t block_sector;  ///< LBA of BootBlock
  uint32_t block_crc;     ///< CRC-32 of all of BootBlock
  uint32_t magic;
};
inline constexpr uint32_t kBootSectorFields = kBootCodeBytes - sizeof(BootSectorFields);
static_assert(sizeof(BootSectorFields) == 16);

/// At most kBootPieceSectors, and none crosses a 64 KiB boundary: one transfer of INT 13h AH=42h each (T49).
struct BootPiece {
  uint64_t sector;   ///< LBA, sectors of 512 bytes
  uint32_t address;  ///< physical
  uint32_t crc;      ///< CRC-32 of the content
  uint32_t sectors;
  uint32_t reserved;
};
inline constexpr uint32_t kBootPieceBytes = 24;
static_assert(sizeof(BootPiece) == kBootPieceBytes);
inline constexpr uint32_t kBootPieceSectors = 64;

/// What kjump_main says to the boot block: 0, firmware is as it was, so boot on. Anything else: start the
/// machine again, firmware's disk drivers have lost their devices.
inline constexpr uint32_t kBootOn = 0;
inline constexpr uint32_t kBootRecordsAddress = kBootBlockAddress + kBootBlockBytes;

/// Behind the code.
struct BootBlockFields {
  uint32_t magic;
  uint32_t pieces;
  uint32_t entry;         ///< physical address of the image's boot entry, in the real segment
  uint32_t has_old_code;  ///< 1: old_code gets the processor in the end
  uint64_t
      commits[hibernate::kSlots];  ///< LBA of each slot's CommitRecord; 0: the image is called in any case
  uint64_t states[hibernate::kSlots];  ///< and of its StateRecord
  uint8_t old_code[kBootCodeBytes];
};
inline constexpr uint32_t kBootBlockPieces = kBootBlockCode + sizeof(BootBlockFields);
inline constexpr uint32_t kBootMostPieces = (kBootBlockBytes - kBootBlockPieces) / kBootPieceBytes;
static_assert(sizeof(BootBlockFields) == 488 && kBootBlockPieces % alignof(BootPiece) == 0);

/// CRC-32 as of IEEE 802.3, bits in reverse order.
inline constexpr uint32_t kCrcPolynomial = 0xEDB88320;

/// Behind the Multiboot program, 16-byte aligned; `pieces` MultibootPiece records follow, then the contents.
struct MultibootPlan {
  uint32_t magic;
  uint32_t pieces;
  uint32_t entry;    ///< physical address of the image's flat boot entry
  uint32_t request;  ///< physical address of hibernate::RestoreRequest, for the command line; 0: none
};
struct MultibootPiece {
  uint32_t address;
  uint32_t bytes;
};

}  // namespace kjump::abi
