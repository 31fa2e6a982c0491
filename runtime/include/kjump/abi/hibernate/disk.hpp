// SPDX-License-Identifier: MIT
/// Disks, by what finds them, and their controllers' PCI configuration.
#pragma once

#include <stdint.h>

namespace kjump::abi::hibernate {

enum class DiskDriver : uint16_t { kNone = 0, kVirtio = 1, kNvme = 2, kAhci = 3, kIde = 4, kBios = 5 };

/// A disk by what finds it: driver and place.
struct DiskAddress {
  uint16_t driver;  ///< DiskDriver
  uint8_t bus, device, function, unit;
  uint16_t reserved;
};

/// PCI configuration of a controller, or of a bridge above it, as Linux had it. Bridges come first.
struct PciRecord {
  uint8_t bus, device, function, is_bridge;
  uint32_t header[16];
};
inline constexpr uint32_t kMostPciRecords = 32;

}  // namespace kjump::abi::hibernate
