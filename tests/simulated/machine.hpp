// SPDX-License-Identifier: MIT
/// A machine in a process: the very code of the save and the restore payload, compiled for the host, with
/// memory, a disk and a kernel's page structures that are made up. A physical address is a pointer.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/hibernate.hpp>
#include <kjump/disk.hpp>

namespace kjump::simulated {

namespace format = abi::hibernate;

struct PowerCut {};
struct PoweredOff {};
struct Reset {};

/// A disk with a volatile cache. What was written since the last flush may be lost when the power goes.
class Disk {
 public:
  explicit Disk(std::uint64_t sectors) : now_(sectors * 512), safe_(now_) {}

  /// 1: the next write is the last, and is itself on its way when the power goes. 0: never.
  std::uint64_t cut_after_writes = 0;
  /// 1: the next command fails so. 0: none.
  std::uint64_t fail_after_commands = 0;
  disk::Code failure = disk::Code::kDevice;
  std::uint64_t writes = 0;
  std::uint64_t commands = 0;

  void transfer(disk::Request& request);
  /// What a reader finds after the power came back: of the writes that no flush covered some, in `chance`.
  void lose_power(std::mt19937_64& chance);
  [[nodiscard]] std::span<std::uint8_t> bytes() { return now_; }
  void make_safe() { safe_ = now_, loose_.clear(); }

 private:
  struct Write {
    std::uint64_t offset;
    std::vector<std::uint8_t> content;
  };

  std::vector<std::uint8_t> now_;
  std::vector<std::uint8_t> safe_;
  std::vector<Write> loose_;
};

enum class Content : std::uint8_t { kZero, kRandom, kText, kFree, kOffline };

/// There is one at a time.
class Machine {
 public:
  explicit Machine(std::uint64_t seed, std::uint64_t store_blocks = 6000);
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
  std::mt19937_64 chance;

  /// Run a payload. The reply; PowerCut, PoweredOff and Reset pass through.
  format::SaveReply save();
  format::RestoreReply restore();
  [[nodiscard]] bool became() const { return became_; }

  // For what stands in for the runtime.
  std::vector<std::uint8_t> request;
  std::vector<std::uint8_t> reply;
  std::string console;
  bool escape = false;
  std::uint64_t escape_after = 0;  ///< looks at the keyboard; 0: never
  abi::EntryState entry{};
  abi::LoaderParameters parameters;
  bool became_ = false;

  [[nodiscard]] std::vector<Content>& kinds() { return kinds_; }
  [[nodiscard]] std::uint64_t sector_of_block(std::uint64_t block) const { return 2048 + block * 8; }

 private:
  void make_kernel();
  void make_store(std::uint64_t blocks);
  void give_workspace();

  std::vector<Content> kinds_;
};

[[nodiscard]] Machine& machine();

}  // namespace kjump::simulated
