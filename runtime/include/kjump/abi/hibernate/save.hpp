// SPDX-License-Identifier: MIT
/// What kjump asks the save payload, and what that answers.
#pragma once

#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/hibernate/acpi.hpp>
#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/fingerprint.hpp>
#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/abi/hibernate/machine.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/hibernate/times.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::abi::hibernate {

enum class AfterSave : uint32_t { kPowerOff = 0, kReboot = 1, kContinue = 2 };

inline constexpr uint64_t kSaveMagic = 0x3045564153484A4B;  // "KJHSAVE0"

inline constexpr uint32_t kSaveRehearse = 1u << 0;  ///< look for free pages and open the disk, write nothing
inline constexpr uint32_t kSaveOnlyIfAlarm = 1u << 1;  ///< a wake by anything but the alarm goes on to Linux
inline constexpr uint32_t kSaveKeepOther = 1u << 2;    ///< fail rather than overwrite the other slot's image
// Neither: what is compressed is what there is time for while the disk is busy.
inline constexpr uint32_t kSaveCompressNothing = 1u << 3;
inline constexpr uint32_t kSaveCompressAll = 1u << 4;

/// The save payload's request. Its workspace is the bulk reply.
struct SaveRequest {
  uint64_t magic;
  uint32_t version;
  uint32_t flags;  ///< kSave*
  uint32_t after;  ///< AfterSave
  uint32_t disk_timeout_ms;
  DiskAddress disk;
  Uuid store;
  uint64_t header_sector;  ///< of the store's block 0 on the disk
  uint64_t now;            ///< seconds since 1970, UTC
  uint8_t canary[64];      ///< first bytes of the canary block
  uint8_t entropy[64];
  char kernel[64];
  uint64_t vmcoreinfo, vmcoreinfo_bytes, kernel_offset;
  KernelFacts facts;
  AcpiFacts acpi;
  uint32_t range_count, fingerprint_count, pci_count, map_count;
  MemoryRange ranges[kMostRanges];
  FirmwareRange map[kMostRanges];
  PciRecord pci[kMostPciRecords];
  Fingerprint fingerprints[kMostFingerprints];
};
static_assert(sizeof(SaveRequest) <= kRequestCapacity);

enum class SaveStatus : uint32_t {
  kSaved = 0,     ///< committed, and --and-continue
  kRestored = 1,  ///< we are back from a restore
  kRehearsed = 2,
  kEscape = 3,      ///< the user stopped it; nothing was committed
  kWoken = 4,       ///< kSaveOnlyIfAlarm, and it was not the alarm
  kRequest = 10,    ///< the request makes no sense
  kWorkspace = 11,  ///< too small, or not of 2 MiB pages
  kKernel = 12,     ///< the kernel's page structures are not where they should be
  kDisk = 13,       ///< open, read, write or flush
  kCanary = 14,     ///< not the disk that Linux wrote to
  kStore = 15,      ///< the store's own records are wrong
  kNoRoom = 16,
  kVerify = 17,    ///< what was read back is not what was written
  kPowerOff = 18,  ///< committed, but the machine does not switch off
};

/// First bytes of the reply, and of what a restored session finds.
struct SaveReply {
  uint32_t status;  ///< SaveStatus
  uint32_t slot;
  uint64_t generation;
  uint64_t pages, free_pages, zero_pages, data_pages, skipped_pages;
  uint64_t kernel_free_pages;  ///< as the kernel's own counters have it at that moment; kUnknownCount
  uint64_t stored_bytes;
  uint64_t image_blocks, room_blocks;
  Times save;
  Times restore;  ///< kRestored
  Work save_work;
  Work restore_work;  ///< kRestored; both passes
  uint64_t saved_at;
  uint8_t entropy[64];  ///< kRestored: for the kernel's random generator
  char error[192];      ///< a sentence
};
static_assert(sizeof(SaveReply) <= kReplyCapacity);

}  // namespace kjump::abi::hibernate
