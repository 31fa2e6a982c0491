// SPDX-License-Identifier: MIT
/// Hibernation: what lies on the disk, and what kjump tells the save and the restore payload.
///
/// A store is a partition or a file, seen as one run of 4 KiB blocks; extents say where on the disk they lie.
///
///     block 0       StoreHeader: who the store is, and where its blocks are (extents follow in 1 to 8)
///     block 9       canary: random bytes that Linux writes before each jump and the payload compares
///     block 10, 11  CommitRecord of slot A and slot B, one sector each
///     block 12, 13  StateRecord of slot A and slot B, one sector each: what became of the image
///     block 16      boot program, up to block 511: what a boot sector loads (abi/boot.hpp)
///     block 512     images, a ring: a new one begins where that of the other slot ends
///
/// An image is ImageHeader (4 blocks), then the content, then the tables:
///
///     content       batches of up to 8 chunks of up to 32 pages each: pages marked `data`, in the order of
///                   their addresses. A chunk is one LZ4 block, or as it was where that is not smaller;
///                   chunks of a batch follow each other, the next batch begins on a block.
///     tables        bitmap `data`, bitmap `zero` (a bit for each page of ImageHeader::ranges, each bitmap
///                   rounded up to 8 bytes), then one ChunkEntry for each chunk; rounded up to a block.
///
/// Numbers are little-endian, hashes XXH64 with seed 0. A record's own hash covers all of it with the hash
/// field zero. Order of a save: content, flush, tables and header, flush, read both back, commit record,
/// flush.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/image.hpp>
#include <kjump/abi/layout.hpp>

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

inline constexpr uint32_t kFormatVersion = 1;

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

inline constexpr uint64_t kStoreMagic = 0x45524F54534A4B48;   // "HKJSTORE"
inline constexpr uint64_t kCommitMagic = 0x54494D4D4F434A4B;  // "KJCOMMIT"
inline constexpr uint64_t kStateMagic = 0x4554415453484A4B;   // "KJHSTATE"
inline constexpr uint64_t kImageMagic = 0x45474D4942494A4B;   // "KJIBIMGE"

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

/// One sector; valid when its hash is right and `store` is the store's.
struct CommitRecord {
  uint64_t magic;
  uint32_t version;
  uint32_t flags;
  Uuid store;
  uint64_t generation;   ///< the newest of two valid ones counts
  uint64_t first_block;  ///< of the image; blocks go round from the store's last to kDataBlock
  uint64_t blocks;       ///< of the image in all
  uint64_t header_hash;  ///< of the ImageHeader, all of its blocks
  uint64_t saved_at;     ///< seconds since 1970, UTC
  uint64_t hash;
};

/// What became of a committed image. An absent or older record: nothing yet.
enum class ImageState : uint32_t {
  kCommitted = 0,
  kStarted = 1,    ///< memory is being overwritten; the image may be tried again
  kDone = 2,       ///< went on from; never again
  kDiscarded = 3,  ///< by the user
  kContinued =
      4,  ///< the machine went on after saving: a snapshot, restored only when asked for by generation
};

struct StateRecord {
  uint64_t magic;
  uint32_t version;
  uint32_t state;  ///< ImageState
  Uuid store;
  uint64_t generation;  ///< of the image that this is about
  uint32_t attempts;    ///< restores begun, refused ones included
  uint32_t refusal;     ///< RestoreStatus of the last one
  uint64_t hash;
};

inline constexpr uint32_t kMostAttempts = 3;

/// First dword of the sector behind a StateRecord: the image was refused straight after firmware, whose disk
/// drivers have lost their devices by then, and the machine was reset. The boot block takes the mark away and
/// boots past the image this once.
inline constexpr uint32_t kBootSkipMagic = 0x504B534B;  // "KSKP"

static_assert(sizeof(CommitRecord) <= kSectorBytes && sizeof(StateRecord) <= kSectorBytes);

// Content.
inline constexpr uint32_t kChunkPages = 32;
inline constexpr uint32_t kChunkBytes = kChunkPages * kPageBytes;
inline constexpr uint32_t kBatchChunks = 8;
inline constexpr uint32_t kBatchBytes = kBatchChunks * kChunkBytes;
inline constexpr uint32_t kChunkRaw = 1u << 31;  ///< of ChunkEntry::stored: not compressed

struct ChunkEntry {
  uint64_t hash;    ///< of the stored bytes
  uint32_t stored;  ///< bytes on the disk, and kChunkRaw
  uint32_t pages;   ///< 1 to kChunkPages; fewer only in the last chunk
};

/// One of the machine's memory ranges, whole pages [start, end) by physical address.
enum class RangeKind : uint32_t {
  kRam = 1,      ///< System RAM of the kernel
  kAcpiNvs = 4,  ///< saved whole
};
struct MemoryRange {
  uint64_t start;
  uint64_t end;
  uint32_t kind;  ///< RangeKind
  uint32_t reserved;
};
inline constexpr uint32_t kMostRanges = 64;

/// Firmware's own map, as INT 15h AX=E820h and /sys/firmware/memmap give it, sorted by address.
struct FirmwareRange {
  uint64_t start;
  uint64_t end;
  uint32_t type;
  uint32_t reserved;
};

/// What must be the same where the image is restored. The payloads find it out themselves, but for the map.
struct Machine {
  uint32_t ranges;       ///< in `map`
  uint32_t tables;       ///< ACPI tables in tables_hash
  uint64_t rsdp;         ///< physical address of the ACPI root pointer; 0: none
  uint64_t tables_hash;  ///< of address and content of every ACPI table but the FACS
  uint32_t cpu_vendor[3];
  uint32_t cpu_signature;       ///< CPUID.1:EAX
  uint32_t cpu_features[8];     ///< CPUID.1:ECX EDX, 7.0:EBX ECX EDX, 80000001h:ECX EDX, 0Dh.1:EAX
  uint32_t hardware_signature;  ///< FACS
  uint32_t reserved;
  FirmwareRange map[kMostRanges];
};

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

enum class DiskDriver : uint16_t { kNone = 0, kVirtio = 1, kNvme = 2, kAhci = 3, kIde = 4, kBios = 5 };

/// A disk by what finds it: driver and place.
struct DiskAddress {
  uint16_t driver;  ///< DiskDriver
  uint8_t bus, device, function, unit;
  uint16_t reserved;
};

/// From FADT and DSDT, evaluated in user space. I/O ports; 0: not there.
struct AcpiFacts {
  uint32_t smi_command;
  uint32_t pm1a_event, pm1b_event;
  uint32_t pm1a_control, pm1b_control;
  uint32_t gpe0, gpe1;
  uint32_t reset_port;  ///< FADT reset register, where it is an I/O port
  uint8_t acpi_enable;
  uint8_t pm1_event_bytes;  ///< status and enable together
  uint8_t gpe0_bytes, gpe1_bytes;
  uint8_t s5_type_a, s5_type_b;  ///< SLP_TYP of \_S5_
  uint8_t has_s5;
  uint8_t reset_value;
};

/// Enable registers that nobody but us writes back after a cold boot.
struct AcpiEnables {
  uint16_t pm1a, pm1b;
  uint32_t reserved;
  uint8_t gpe0[32], gpe1[32];
};

inline constexpr uint32_t kMostZones = 64;

/// Where the kernel's page structures are and how they look; from VMCOREINFO (hibernation.md 4).
struct KernelFacts {
  uint64_t page_table;  ///< physical address of the kernel's top-level page table (init_top_pgt)
  uint64_t vmemmap;     ///< virtual address of the struct page of frame 0
  uint64_t sme_mask;
  uint32_t five_levels;  ///< 1: the top level is a PML5
  uint32_t page_struct_bytes;
  uint32_t flags_offset, type_offset, order_offset;  ///< in struct page: flags, _mapcount, private
  uint32_t buddy_type;                               ///< value of the type word of a free block's first page
  uint32_t offline_type;                             ///< PageOffline; 0: unknown
  uint32_t orders;                                   ///< LENGTH(zone.free_area)
  uint32_t type_mask;                                ///< bits of the type word that tell types apart
  uint32_t hwpoison_bit;                             ///< in flags; 64: the kernel has none
  uint32_t free_fill;                                ///< FreeFill
  uint32_t zones;                                    ///< in free_areas; 0: their counters are not known
  uint32_t free_area_bytes, free_count_offset;       ///< struct free_area, and nr_free in it
  uint64_t free_areas[kMostZones];                   ///< virtual addresses of zone.free_area
};

/// What the kernel expects of the content of free pages (hibernation.md H16).
enum class FreeFill : uint32_t { kNothing = 0, kZero = 1, kPoison = 2 };

/// PCI configuration of a controller, or of a bridge above it, as Linux had it. Bridges come first.
struct PciRecord {
  uint8_t bus, device, function, is_bridge;
  uint32_t header[16];
};
inline constexpr uint32_t kMostPciRecords = 32;

inline constexpr uint64_t kUnknownCount = ~uint64_t{0};

inline constexpr uint32_t kMostWorkspacePages = 512;  ///< of 2 MiB

/// Microseconds by the time stamp counter.
struct Times {
  uint64_t prepare;  ///< disk, store, fingerprints
  uint64_t scan;     ///< for free pages
  uint64_t content;  ///< pages
  uint64_t verify;   ///< restore: the pass that only reads
  uint64_t finish;   ///< tables, flushes, records
};

/// Where the time of going through all pages went, in microseconds by the time stamp counter.
struct Work {
  uint64_t look;      ///< finding pages and seeing whether they are zero; restore: clearing those
  uint64_t compress;  ///< or unpack, copying included
  uint64_t hash;
  uint64_t wait;  ///< for the disk, the last flush included
};

inline constexpr uint32_t kImageHeaderBlocks = 4;
inline constexpr uint32_t kImageHeaderBytes = kImageHeaderBlocks * kBlockBytes;

struct ImageHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  Uuid store;
  uint64_t generation;
  uint64_t saved_at;
  char kernel[64];      ///< release
  uint64_t vmcoreinfo;  ///< physical address of the note
  uint64_t vmcoreinfo_bytes;
  uint64_t kernel_offset;  ///< of the kernel text from where it is linked (KASLR), for debuggers

  // What goes where.
  uint64_t pages;  ///< in all ranges
  uint64_t data_pages, zero_pages, free_pages, skipped_pages;
  uint64_t chunks;
  uint64_t content_blocks;
  uint64_t table_blocks;
  uint64_t table_bytes;
  uint64_t table_hash;  ///< of table_bytes
  uint32_t range_count;
  uint32_t fingerprint_count;
  uint32_t workspace_pages;
  uint32_t free_fill;  ///< FreeFill

  // The processor, as the stub of the save payload found it.
  EntryState entry;
  LoaderParameters parameters;
  ExchangeHeader exchange;  ///< of the session that waits for the save payload
  AcpiFacts acpi;
  AcpiEnables acpi_enables;
  uint8_t entropy[64];  ///< for the restored kernel's random generator; mixed with new one
  Times save;           ///< what the save took, but for its end
  Work save_work;
  uint64_t kernel_free_pages;  ///< as the kernel itself counted; kUnknownCount

  Machine machine;
  MemoryRange ranges[kMostRanges];
  Fingerprint fingerprints[kMostFingerprints];
  uint64_t workspace[kMostWorkspacePages];  ///< physical addresses; the restored kernel does not miss them
  uint64_t hash;
};
static_assert(sizeof(ImageHeader) <= kImageHeaderBytes);

enum class AfterSave : uint32_t { kPowerOff = 0, kReboot = 1, kContinue = 2 };

inline constexpr uint64_t kSaveMagic = 0x3045564153484A4B;     // "KJHSAVE0"
inline constexpr uint64_t kRestoreMagic = 0x3045524F54534A4B;  // "KJSTORE0"

inline constexpr uint32_t kSaveRehearse = 1u << 0;  ///< look for free pages and open the disk, write nothing
inline constexpr uint32_t kSaveOnlyIfAlarm = 1u << 1;  ///< a wake by anything but the alarm goes on to Linux
inline constexpr uint32_t kSaveKeepOther = 1u << 2;    ///< fail rather than overwrite the other slot's image
inline constexpr uint32_t kSaveUncompressed = 1u << 3;

/// The save payload's request. Its workspace is the bulk reply: whole 2 MiB pages.
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

/// Where an image's block lies in the store: images go round.
[[nodiscard]] constexpr uint64_t ring_block(uint64_t first, uint64_t index, uint64_t store_blocks) {
  const uint64_t ring = store_blocks - kDataBlock;
  return kDataBlock + (first - kDataBlock + index) % ring;
}

/// Bytes of one bitmap.
[[nodiscard]] constexpr uint64_t bitmap_bytes(uint64_t pages) {
  return (pages + 63) / 64 * 8;
}

}  // namespace kjump::abi::hibernate
