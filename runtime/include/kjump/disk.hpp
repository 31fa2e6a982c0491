// SPDX-License-Identifier: MIT
/// Disks, by polled drivers of the payload's own: no interrupts, no heap, no help from Linux or firmware.
///
/// mode: physical (and long); a pointer is a physical address. Interrupts may be on or off, the drivers never
/// wait for one. Only the drivers that a payload names are linked into its image.
///
///     static disk::Disk disk;
///     alignas(disk::kStorageAlignment) static uint8_t storage[disk::kStorageBytes];
///     disk::Place place;
///     if (disk::find(disk::kNvme, 0, place) && !disk::open(disk, disk::kNvme, place, storage, sizeof
///     storage).failed()) {
///       error = disk::read(disk, first_sector, sectors, address_of_buffer);
///       disk::close(disk);
///     }
///
/// Rules that hold for every driver:
/// - open() takes the controller as it is, whoever used it before, and resets it. The PCI functions involved
/// must
///   have their address registers set up: after an S3 wake that is for the payload to do first.
/// - When a request has ended, however it ended, the device no longer touches the request's buffer.
/// - Every wait has a deadline. When that of a request passes, the controller is reset, every request in
/// flight
///   ends (that one with kTimeout, the others with kAborted), and the disk is good for close() only.
/// - A device's error ends that one request; the disk can still be used.
/// - A flush covers every write that ended before it was submitted.
/// - close() leaves the controller reset and quiet and puts back its PCI command register and interrupt
/// enables.
///
/// Who writes must know that it is the right disk: compare something that only that disk can hold, read
/// through this same driver, before the first write.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::disk {

inline constexpr uint32_t kMaxDepth = 32;                ///< requests in flight, the most of any driver
inline constexpr uint32_t kMaxTransferBytes = 1u << 20;  ///< of one request, the most of any driver

/// Storage that suits every driver; Driver::storage_bytes says what one needs. Below 4 GiB.
inline constexpr uint32_t kStorageBytes = 0x10000;
inline constexpr uint32_t kStorageAlignment = 0x1000;

inline constexpr uint32_t kDefaultTimeoutMs = 10'000;
inline constexpr uint8_t kAnyUnit = 0xFF;

/// Where a disk is. `unit`: an AHCI port; an IDE drive (0 and 1 primary master and slave, 2 and 3 secondary);
/// an NVMe namespace; the BIOS's drive number, for which the rest is ignored; nothing for virtio. kAnyUnit:
/// the first with a disk.
struct Place {
  uint8_t bus = 0;
  uint8_t device = 0;
  uint8_t function = 0;
  uint8_t unit = kAnyUnit;
};

enum class Code : uint8_t {
  kNone,
  kMissing,      ///< no such controller, or no disk behind it
  kUnsupported,  ///< controller or disk lacks what the driver needs
  kUnreachable,  ///< registers not set up, or above 4 GiB in physical mode
  kInvalid,      ///< the caller's mistake: storage, range, alignment, closed disk
  kDevice,       ///< the device says that the command failed
  kTimeout,      ///< the device did not answer in time
  kAborted,      ///< given up since another request's deadline passed
};

/// What went wrong. Strings are constants. describe() makes a sentence of it.
struct Error {
  Code code = Code::kNone;
  const char* command = "";  ///< of the device's command set, or what was being done
  const char* reason = "";
  uint32_t status = 0;  ///< the device's own words; Driver::status_name and detail_name say what they are
  uint32_t detail = 0;

  [[nodiscard]] bool failed() const { return code != Code::kNone; }
};

enum class Operation : uint8_t { kRead, kWrite, kFlush };

/// The caller's, and the drivers' from submit() until poll() returns it.
struct Request {
  Operation operation = Operation::kRead;
  uint32_t count = 0;    ///< sectors; times Info::sector_bytes at most Info::max_transfer_bytes
  uint64_t sector = 0;   ///< the first one
  uint64_t address = 0;  ///< physical address of the buffer, contiguous, a multiple of Info::buffer_alignment
  Error error;           ///< out
  void* user = nullptr;  ///< not looked at
};

/// What open() found.
struct Info {
  uint64_t sectors = 0;
  uint64_t address_limit = 0;  ///< buffers lie below
  uint32_t sector_bytes = 0;   ///< of a logical sector
  uint32_t max_transfer_bytes = 0;
  uint32_t buffer_alignment = 0;
  uint16_t depth = 0;        ///< requests in flight that are worth having; submit() takes no more
  bool write_cache = false;  ///< the disk has a volatile cache, switched on
  bool can_flush = false;    ///< flush() reaches the medium; false only for disks behind the BIOS
  bool read_only = false;
  char model[41] = {};
  char serial[21] = {};
};

struct Options {
  uint32_t timeout_ms = kDefaultTimeoutMs;  ///< of each request and of each step of open()
  uint32_t tsc_per_ms = 0;                  ///< rate of the time stamp counter; 0: open() measures it (10 ms)
  bool no_dma = false;                      ///< IDE: through the data port even where the bus master could
};

struct Disk;

/// A driver: the constants below. Its functions are for runtime/disk/core.cpp alone.
struct Driver {
  const char* name;
  const char* unit_name;    ///< "port", "drive", ...; empty: it has no units
  const char* status_name;  ///< what Error::status is; empty: nothing
  const char* detail_name;
  uint32_t storage_bytes;
  bool on_pci;
  bool (*find)(uint32_t index, Place& place);
  Error (*open)(Disk& disk);
  void (*start)(Disk& disk, uint32_t slot);
  void (*poll)(Disk& disk);
  Error (*look)(const Disk& disk, uint32_t slot);
  void (*stop)(Disk& disk);
  void (*close)(Disk& disk);
};

extern const Driver kVirtio;  ///< virtio-blk over PCI, virtio 1.0 and transitional
extern const Driver kNvme;    ///< NVM Express; requests of up to 512 KiB
extern const Driver kAhci;    ///< SATA disks with 48-bit commands; queued ones where controller and drive can
extern const Driver
    kIde;  ///< 48-bit commands by bus master, else through the data port; one request at a time
/// INT 13h, straight after firmware only, in images with BIOS services. One request at a time, and
/// submit() returns when it is done.
extern const Driver kBios;

/// An open disk. All members but `info` and `place` are the drivers' own.
struct Disk {
  Info info;
  Place place;  ///< with the unit that was found

  const Driver* driver = nullptr;  ///< nullptr: closed
  void* storage = nullptr;
  uint64_t ticks_per_timeout = 0;
  uint32_t ticks_per_ms = 0;
  uint32_t running = 0;  ///< a bit for each slot whose request the device has
  uint32_t ended = 0;    ///< a bit for each slot whose request poll() has not handed out yet
  bool flushing = false;
  bool no_dma = false;
  bool broken = false;  ///< a deadline passed
  Request* requests[kMaxDepth] = {};
  uint64_t deadlines[kMaxDepth] = {};
};

/// The controller number `index` of the kind, in the order of bus, device and function; false: there are
/// fewer. Whether a disk is behind it open() finds out. Of the BIOS: the hard disk number `index`.
[[nodiscard]] bool find(const Driver& driver, uint32_t index, Place& place);

/// `storage`: Driver::storage_bytes, aligned to kStorageAlignment, below 4 GiB, the drivers' until close().
[[nodiscard]] Error open(Disk& disk, const Driver& driver, const Place& place, void* storage, size_t bytes,
                         const Options& options = {});

enum class Submitted : uint8_t {
  kAccepted,  ///< poll() will return it
  kFull,      ///< as many in flight as the disk takes, or a flush is to be alone: poll() first
  kRefused,   ///< Request::error says why
};

/// Starts a request. A flush travels alone.
[[nodiscard]] Submitted submit(Disk& disk, Request& request);

/// A request that has ended, in any order; nullptr: none has. Also where deadlines are looked at.
[[nodiscard]] Request* poll(Disk& disk);

/// Any number of sectors, in as many requests as it takes. Nothing else may be in flight.
[[nodiscard]] Error read(Disk& disk, uint64_t sector, uint64_t count, uint64_t address);
[[nodiscard]] Error write(Disk& disk, uint64_t sector, uint64_t count, uint64_t address);
/// Returns when everything that was written is on the medium.
[[nodiscard]] Error flush(Disk& disk);

/// Waits for nothing: what is still in flight is given up. Legal on a disk that is not open.
void close(Disk& disk);

inline constexpr size_t kDescriptionBytes = 160;

/// "ahci 00:1f.2 port 0: READ DMA EXT: task file error, status 51 error 40", cut to `bytes`, NUL-terminated.
/// Also for an error of open().
void describe(const Driver& driver, const Place& place, const Error& error, char* text, size_t bytes);

}  // namespace kjump::disk
