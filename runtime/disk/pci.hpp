// SPDX-License-Identifier: MIT
/// The PCI function of a disk controller: found, taken over, given back.
#pragma once

#include <kjump/disk.hpp>

namespace kjump::disk::pci {

// PCI Local Bus specification 3.0, chapter 6.
inline constexpr uint32_t kId = 0x00;
inline constexpr uint32_t kCommand = 0x04;
inline constexpr uint32_t kClass = 0x08;
inline constexpr uint32_t kHeaderType = 0x0E;
inline constexpr uint32_t kBar0 = 0x10;
inline constexpr uint32_t kSubsystemId = 0x2E;

inline constexpr uint8_t kCapabilityVendor = 0x09;

[[nodiscard]] uint32_t read32(const Place& place, uint32_t offset);
[[nodiscard]] uint16_t read16(const Place& place, uint32_t offset);
[[nodiscard]] uint8_t read8(const Place& place, uint32_t offset);
void write32(const Place& place, uint32_t offset, uint32_t value);
void write16(const Place& place, uint32_t offset, uint16_t value);

/// Is the function at this place of the kind that is looked for?
using Match = bool (*)(const Place& place);

/// Base class, subclass, and interface unless `any_interface`.
[[nodiscard]] bool has_class(const Place& place, uint32_t class_code, bool any_interface);

[[nodiscard]] bool find(Match match, uint32_t index, Place& place);

/// Offset of the capability after `after` (0: the first) with this id; 0: there is none.
[[nodiscard]] uint8_t find_capability(const Place& place, uint8_t id, uint8_t after = 0);

/// What take() changed, for give_back().
struct Taken {
  bool taken;
  uint16_t command;
  uint8_t msi;   ///< offset of the capability; 0: none
  uint8_t msix;  ///< likewise
  uint16_t msi_control;
  uint16_t msix_control;
};

/// Checks that the function is there and of the kind, then: decoding of ports and memory on, bus mastering
/// on, interrupts of every sort off.
[[nodiscard]] Error take(const Place& place, Match match, Taken& taken);
void give_back(const Place& place, const Taken& taken);

/// A base address register: a port, or memory that can be reached.
struct Bar {
  uint64_t address = 0;
  bool is_port = false;
  Error error;  ///< when there is no such register, or none that can be used
};
[[nodiscard]] Bar read_bar(const Place& place, uint32_t number);

/// Makes registers accessible: in long mode they are outside the map of RAM.
[[nodiscard]] Error map(uint64_t address, uint32_t bytes);

}  // namespace kjump::disk::pci
