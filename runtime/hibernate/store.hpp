// SPDX-License-Identifier: MIT
/// The store on its disk: blocks by extents, and the records in its first blocks.
#pragma once

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/disk.hpp>

#include "hibernate/failure.hpp"

namespace kjump::hibernate {

namespace format = abi::hibernate;

/// A piece of memory and the transfers under way that read or write it.
struct Buffer {
  uint64_t address = 0;
  uint32_t pending = 0;
  disk::Error error;  ///< of the first transfer that failed
};

/// One disk, open at most once at a time: all of them share their storage.
class OpenDisk {
 public:
  OpenDisk() = default;
  OpenDisk(const OpenDisk&) = delete;
  OpenDisk& operator=(const OpenDisk&) = delete;
  ~OpenDisk() { close(); }

  [[nodiscard]] disk::Error open(format::DiskDriver driver, const disk::Place& place, uint32_t timeout_ms);
  void close() { disk::close(disk_); }
  [[nodiscard]] disk::Disk& disk() { return disk_; }
  [[nodiscard]] const disk::Driver& driver() const { return *driver_; }
  [[nodiscard]] const disk::Place& place() const { return place_; }

  /// Sectors of 512 bytes; `sector` and `bytes` must suit the disk's own.
  [[nodiscard]] disk::Error transfer(disk::Operation operation, uint64_t sector, uint64_t bytes,
                                     uint64_t address);

 private:
  disk::Disk disk_;
  disk::Place place_;
  const disk::Driver* driver_ = nullptr;
};

[[nodiscard]] const disk::Driver* driver_of(format::DiskDriver driver);

class Store {
 public:
  explicit Store(OpenDisk& disk) : disk_(disk) {}

  /// Reads and checks header and extents. `uuid`: the one that is wanted; null: any. `error`: of the disk.
  [[nodiscard]] bool load(uint64_t header_sector, const format::Uuid* uuid, disk::Error& error);
  [[nodiscard]] const format::StoreHeader& header() const { return header_; }
  [[nodiscard]] OpenDisk& disk() { return disk_; }

  /// Starts what it takes to transfer blocks; returns when all of it is under way.
  void start(disk::Operation operation, uint64_t block, uint64_t blocks, Buffer& buffer, uint64_t offset = 0);
  /// The same for blocks of an image, which go round.
  void start_image(disk::Operation operation, uint64_t first, uint64_t index, uint64_t blocks, Buffer& buffer,
                   uint64_t offset = 0);
  /// Lets transfers end; true when one did.
  bool poll();
  /// Waits for the buffer's transfers.
  [[nodiscard]] disk::Error finish(Buffer& buffer);
  [[nodiscard]] disk::Error transfer(disk::Operation operation, uint64_t block, uint64_t blocks,
                                     uint64_t address);
  [[nodiscard]] disk::Error flush() { return disk::flush(disk_.disk()); }

  [[nodiscard]] disk::Error read_commit(uint32_t slot, format::CommitRecord& record, bool& valid);
  /// A slot without a record about this generation: nothing became of it yet. `damaged`: there is one that
  /// nobody can read.
  [[nodiscard]] disk::Error read_state(uint32_t slot, uint64_t generation, format::StateRecord& record,
                                       bool& damaged);
  [[nodiscard]] disk::Error write_commit(uint32_t slot, format::CommitRecord record);
  [[nodiscard]] disk::Error write_state(uint32_t slot, format::StateRecord record,
                                        bool skip_next_boot = false);
  [[nodiscard]] disk::Error read_canary(uint8_t* to, size_t bytes);

 private:
  void start_piece(disk::Operation operation, uint64_t sector, uint64_t bytes, Buffer& buffer,
                   uint64_t offset);
  [[nodiscard]] disk::Error write_record(uint64_t block, const void* record, size_t bytes);

  OpenDisk& disk_;
  format::StoreHeader header_{};
  disk::Request requests_[disk::kMaxDepth];
  uint32_t busy_ = 0;  ///< a bit for each request in use
};

}  // namespace kjump::hibernate
