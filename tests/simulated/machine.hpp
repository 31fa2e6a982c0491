// SPDX-License-Identifier: MIT
/// A machine in a process: the very code of the save and the restore payload, compiled for the host, with
/// memory, a disk and a kernel's page structures that are made up. A physical address is a pointer.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <kjump/abi/bulk.hpp>
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/image.hpp>

#include "simulated/disk.hpp"

namespace kjump::simulated {

namespace format = abi::hibernate;

struct PoweredOff {};
struct Reset {};

enum class Content : std::uint8_t { kZero, kRandom, kText, kFree, kOffline };

/// How large, and how its disk takes transfers. Pages that are saved lie before and behind the workspace,
/// whole groups of 8, and in a small range of their own.
struct Shape {
  std::uint64_t store_blocks = 6000;
  std::uint64_t pages_before = 1024;
  std::uint64_t pages_behind = 512;
  std::uint32_t max_transfer_bytes = 256 << 10;
};

/// There is one at a time.
class Machine {
 public:
  explicit Machine(std::uint64_t seed, const Shape& shape = {});
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  /// Gives every page new content of the kind that it has.
  void work();
  /// What a cold boot leaves in memory: nothing of what was there.
  void forget();
  /// The content of every page that an image must hold.
  using Memory = std::vector<std::vector<std::uint8_t>>;
  [[nodiscard]] Memory memory() const;
  [[nodiscard]] bool holds(const Memory& memory) const;

  /// The kernel's own count of free blocks of 8 pages: the only free ones.
  std::uint64_t* free_count = nullptr;
  void fill_free_pages(std::uint8_t value);
  [[nodiscard]] bool free_pages_hold(std::uint8_t value) const;

  format::SaveRequest save_request;
  format::RestoreRequest restore_request;
  Disk disk;
  /// Where the disk is plugged in now, and whether a blank one sits where it was when it was prepared.
  format::DiskDriver disk_driver = format::DiskDriver::kVirtio;
  std::uint8_t disk_device = 4;
  bool blank_disk_at_old_place = false;
  std::mt19937_64 chance;

  /// As a Linux does that starts a restore: memory to work in, some of which the image will overwrite.
  void lend_of_what_is_saved();

  /// Run a payload. The reply; PowerCut, PoweredOff and Reset pass through.
  format::SaveReply save();
  format::RestoreReply restore();
  [[nodiscard]] bool became() const { return became_; }

  // For what stands in for the runtime.
  std::vector<std::uint8_t> request;
  std::vector<std::uint8_t> reply;
  std::string console;
  std::vector<abi::BulkExtent> workspace;  ///< as it was given to a payload, out of order
  std::uint64_t escape_after = 0;          ///< looks at the keyboard; 0: never
  abi::EntryState entry{};
  abi::LoaderParameters parameters;
  bool became_ = false;
  [[nodiscard]] const Shape& shape() const { return shape_; }

  [[nodiscard]] std::vector<Content>& kinds() { return kinds_; }
  [[nodiscard]] std::uint64_t sector_of_block(std::uint64_t block) const;
  [[nodiscard]] std::uint8_t* block(std::uint64_t number) {
    return disk.bytes().data() + sector_of_block(number) * format::kSectorBytes;
  }

 private:
  void make_kernel();
  void make_store();
  void make_requests();
  void give_workspace();
  void lend(std::vector<abi::BulkExtent> pieces);
  [[nodiscard]] std::uint64_t first_extent_blocks() const;
  [[nodiscard]] std::uint64_t ram_start() const;
  [[nodiscard]] std::uint64_t ram_end() const;
  [[nodiscard]] std::uint64_t address_of(std::uint64_t index) const;
  [[nodiscard]] std::uint8_t* page_at(std::uint64_t index) const;

  Shape shape_;
  std::vector<Content> kinds_;
};

[[nodiscard]] Machine& machine();

}  // namespace kjump::simulated
