// SPDX-License-Identifier: MIT
/// How a file system that somebody changed is told from one that nobody did.
#pragma once

#include <stdint.h>

namespace kjump::abi::hibernate {

/// Sectors that a file system which was mounted for writing changes when it is mounted again.
struct Fingerprint {
  uint16_t driver;                      ///< DiskDriver
  uint8_t bus, device, function, unit;  ///< disk::Place
  uint16_t reserved;
  uint64_t sector;   ///< of the whole disk, 512 bytes each
  uint32_t sectors;  ///< at most kMostFingerprintSectors
  uint32_t reserved2;
  uint64_t hash;  ///< of their content; filled in by the save payload
  char name[32];  ///< "/dev/sda2 on /", for people
};
inline constexpr uint32_t kMostFingerprints = 64;
inline constexpr uint32_t kMostFingerprintSectors = 256;

}  // namespace kjump::abi::hibernate
