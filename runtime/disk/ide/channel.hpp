// SPDX-License-Identifier: MIT
/// The ports of an IDE channel with one of its drives chosen (ATA/ATAPI-7 volume 2; Bus Master IDE 1.0).
#pragma once

#include "disk/ata/ata.hpp"
#include "disk/pci.hpp"

namespace kjump::disk::ide {

inline constexpr uint32_t kUnits = 4;

/// A region of memory for the bus master: even address, not across 64 KiB; the last one is marked.
struct Region {
  uint32_t address;
  uint32_t bytes;  ///< low word, 0 for 64 KiB; bit 31: the last
};
inline constexpr uint32_t kRegions = kMaxTransferBytes / 0x10000 + 1;

class Channel {
 public:
  /// Finds the ports. `unit`: 0 to 3.
  [[nodiscard]] Error set_up(const Place& place, uint32_t unit);
  [[nodiscard]] bool has_bus_master() const { return master_ != 0; }

  /// Status without acknowledging an interrupt; ffh: no drive.
  [[nodiscard]] uint8_t status() const;
  [[nodiscard]] uint8_t error() const;
  /// Chooses the drive; false: nobody is there, or it stays busy even after a reset.
  [[nodiscard]] bool select(const Disk& disk) const;
  void reset(const Disk& disk) const;
  /// A 48-bit command.
  void command(uint8_t command, uint64_t sector, uint32_t count) const;
  /// Byte 1 and 2 of the address registers: what an ATAPI device answers IDENTIFY DEVICE with.
  [[nodiscard]] bool has_foreign_signature() const;

  void read_words(uint16_t* to, uint32_t count) const;
  void write_words(const uint16_t* from, uint32_t count) const;

  void prepare_dma(const Region* regions, bool device_writes) const;
  void start_dma(bool device_writes) const;
  /// Stops the bus master; true: it met an error of the bus.
  bool end_dma() const;

 private:
  [[nodiscard]] bool wait_idle(const Disk& disk) const;
  void settle() const;
  void write(uint16_t offset, uint32_t value) const;

  uint16_t command_;
  uint16_t control_;
  uint16_t master_;
  uint8_t device_;
};

}  // namespace kjump::disk::ide
