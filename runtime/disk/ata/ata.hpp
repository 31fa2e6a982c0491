// SPDX-License-Identifier: MIT
/// ATA commands and the IDENTIFY DEVICE data (ACS-3), for AHCI and IDE.
#pragma once

#include "disk/driver.hpp"

namespace kjump::disk::ata {

inline constexpr uint8_t kReadSectorsExt = 0x24;
inline constexpr uint8_t kReadDmaExt = 0x25;
inline constexpr uint8_t kWriteSectorsExt = 0x34;
inline constexpr uint8_t kWriteDmaExt = 0x35;
inline constexpr uint8_t kReadQueued = 0x60;
inline constexpr uint8_t kWriteQueued = 0x61;
inline constexpr uint8_t kFlushExt = 0xEA;
inline constexpr uint8_t kIdentify = 0xEC;

[[nodiscard]] const char* name_of(uint8_t command);

// The status register.
inline constexpr uint8_t kError = 1u << 0;
inline constexpr uint8_t kDataRequest = 1u << 3;
inline constexpr uint8_t kFault = 1u << 5;
inline constexpr uint8_t kBusy = 1u << 7;

inline constexpr uint8_t kLba = 1u << 6;  // in the device register

inline constexpr uint32_t kMostSectors = 65536;  // of one 48-bit command; its count field is then 0

struct Drive {
  uint16_t queue_depth;  ///< of native command queuing; 0: the drive has none
  bool dma_selected;     ///< a DMA mode is set up
};

/// From the 256 words of IDENTIFY DEVICE to Info (all but depth, limits of addresses, alignment). Error: a
/// disk without 48-bit commands.
[[nodiscard]] Error read_identity(const uint16_t* words, Info& info, Drive& drive);

}  // namespace kjump::disk::ata
