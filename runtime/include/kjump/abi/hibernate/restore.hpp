// SPDX-License-Identifier: MIT
/// What kjump asks the restore payload, and what that answers.
#pragma once

#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/machine.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/hibernate/times.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::abi::hibernate {

inline constexpr uint64_t kRestoreMagic = 0x3045524F54534A4B;  // "KJSTORE0"

enum class RestoreStatus : uint32_t {
  kNone = 0,
  kVerified = 1,  ///< kRestoreVerifyOnly
  kRequest = 10,
  kNoDisk = 11,   ///< no store on any disk that can be reached
  kNoImage = 12,  ///< nothing committed, or all done
  kAttempts = 13,
  kHeader = 14,  ///< the image's header is damaged
  kTables = 15,
  kContent = 16,  ///< a chunk's hash is wrong
  kMemoryMap = 17,
  kAcpi = 18,
  kProcessor = 19,
  kFileSystem = 20,  ///< one that was mounted has been written since
  kDisk = 21,
  kWorkspace = 22,
  kEscape = 23,
};

inline constexpr uint32_t kRestoreFast = 1u << 0;        ///< skip the pass that only verifies
inline constexpr uint32_t kRestoreVerifyOnly = 1u << 1;  ///< and come back
inline constexpr uint32_t kRestoreHasMap = 1u << 2;      ///< `map` is filled in; otherwise ask the BIOS

/// The restore payload's request. Its workspace is the bulk reply; without one (straight after firmware) it
/// takes the image's.
struct RestoreRequest {
  uint64_t magic;
  uint32_t version;
  uint32_t flags;          ///< kRestore*
  DiskAddress disk;        ///< driver kNone: search all disks
  uint64_t header_sector;  ///< of the store's block 0; 0: with `search`
  Uuid store;              ///< all zero: any
  uint64_t generation;     ///< 0: the newest that nobody went on from
  uint32_t disk_timeout_ms;
  uint32_t map_count;
  FirmwareRange map[kMostRanges];
  uint32_t pci_count;  ///< through the wake door: the controllers of all disks, as that Linux had them
  uint32_t reserved;
  PciRecord pci[kMostPciRecords];
};
static_assert(sizeof(RestoreRequest) <= kRequestCapacity);

struct RestoreReply {
  uint32_t status;  ///< RestoreStatus
  uint32_t slot;
  uint64_t generation;
  Times restore;
  Work work;
  char error[192];
};

}  // namespace kjump::abi::hibernate
