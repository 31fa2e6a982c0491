// SPDX-License-Identifier: MIT
/// A disk with a volatile cache. What was written since the last flush may be lost when the power goes.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <kjump/disk.hpp>

namespace kjump::simulated {

struct PowerCut {};

/// What becomes, when the power goes, of the writes that no flush covered.
enum class Loss : std::uint8_t {
  kAll,
  kNone,
  kSome,
  kAllButFirst,  ///< of each write, all sectors but the first are lost
  kFirst,        ///< of each write, the first sector is lost
};

class Disk {
 public:
  explicit Disk(std::uint64_t sectors) : now_(sectors * 512), safe_(now_) {}

  /// 1: the next write is the last, and is itself on its way when the power goes. 0: never.
  std::uint64_t cut_after_writes = 0;
  std::uint64_t cut_after_commands = 0;  ///< likewise, for commands of all kinds
  /// 1: the next command fails so. 0: none.
  std::uint64_t fail_after_commands = 0;
  disk::Code failure = disk::Code::kDevice;
  bool stays_dead = false;  ///< after that command, too
  std::uint64_t writes = 0;
  std::uint64_t commands = 0;

  void transfer(disk::Request& request);
  /// What a reader finds after the power came back. Sectors are lost or kept in `chance` for kSome; none is
  /// torn.
  void lose_power(Loss loss, std::mt19937_64& chance);
  /// kAll, kNone, and twice as often kSome.
  void lose_power(std::mt19937_64& chance);

  [[nodiscard]] std::span<std::uint8_t> bytes() { return now_; }
  /// After writes through bytes(): what is there is on the medium. Faults that were asked for are over.
  void make_safe();
  /// The same, for who has put back himself all that was written since.
  void forget_writes() { loose_.clear(); }
  void put(const std::vector<std::uint8_t>& content);

 private:
  struct Write {
    std::uint64_t offset;
    std::vector<std::uint8_t> content;
  };

  void flush();

  std::vector<std::uint8_t> now_;
  std::vector<std::uint8_t> safe_;
  std::vector<Write> loose_;
};

}  // namespace kjump::simulated
