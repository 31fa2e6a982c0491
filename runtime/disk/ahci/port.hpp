// SPDX-License-Identifier: MIT
/// One port of an AHCI controller (AHCI 1.3.1): its engine, its registers, its commands.
#pragma once

#include "disk/ata/ata.hpp"
#include "disk/registers.hpp"

namespace kjump::disk::ahci {

inline constexpr uint32_t kSlots = 32;
inline constexpr uint32_t kTablesEnd = 1;  // regions of a command: buffers are contiguous

/// 4.2.2 and 4.2.3.
struct CommandHeader {
  uint32_t flags;  ///< words of the FIS, direction, number of regions
  uint32_t bytes_moved;
  uint64_t table;
  uint32_t reserved[4];
};
struct CommandTable {
  uint8_t fis[64];
  uint8_t atapi[64];
  uint64_t region_address;
  uint32_t reserved;
  uint32_t region_bytes;  ///< less one
  uint8_t padding[112];   ///< tables start at multiples of 128
};
static_assert(sizeof(CommandHeader) == 32 && sizeof(CommandTable) == 256);

struct PortMemory {
  alignas(4096) CommandHeader headers[kSlots];
  alignas(1024) uint8_t received[256];
  alignas(1024) CommandTable tables[kSlots];
};

struct Command {
  uint8_t command;
  bool writes;
  uint32_t count;  ///< sectors
  uint64_t sector;
  uint64_t address;
  uint32_t bytes;
};

class Port {
 public:
  void set_up(PortMemory& memory, const Registers& controller, uint32_t number);

  /// Notes the registers that the last user had set.
  void remember();
  /// Stops the engine and gives the registers their remembered values.
  void put_back() const;

  /// Does a disk answer on the link?
  [[nodiscard]] bool has_disk() const;
  /// COMRESET, then waits for the link and the drive. False: nobody there.
  [[nodiscard]] bool reset(const Disk& disk);
  [[nodiscard]] bool stop(const Disk& disk) const;
  void start() const;

  void issue(uint32_t slot, const Command& command, bool queued) const;
  /// Slots whose commands are not done.
  [[nodiscard]] uint32_t outstanding() const;
  /// Has a command failed? The engine stands still then.
  [[nodiscard]] bool failed() const;
  /// Status register in the low byte, error register above.
  [[nodiscard]] uint32_t task_file() const;

 private:
  [[nodiscard]] uint32_t read(uint32_t offset) const { return registers_.read32(offset_ + offset); }
  void write(uint32_t offset, uint32_t value) const { registers_.write32(offset_ + offset, value); }
  [[nodiscard]] bool wait_clear(const Disk& disk, uint32_t offset, uint32_t bits, uint32_t ms) const;

  PortMemory* memory_;
  Registers registers_;
  uint32_t offset_;
  uint64_t list_before_;
  uint64_t received_before_;
  uint32_t interrupts_before_;
};

}  // namespace kjump::disk::ahci
