// SPDX-License-Identifier: MIT
/// PCI functions by sysfs name, and what Linux has written into the configuration space of those that lead to
/// a disk: after a sleep nobody else sets them up before Linux runs (wake_door.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct PciAddress {
  std::uint32_t domain = 0;
  std::uint8_t bus = 0;
  std::uint8_t device = 0;
  std::uint8_t function = 0;
};

/// "0000:00:1f.2"; none for any other text.
[[nodiscard]] std::optional<PciAddress> parse_pci_address(const std::string& text);

/// One record for each, in this order.
[[nodiscard]] Result<std::vector<abi::hibernate::PciRecord>> read_pci_records(
    const System& system, const std::vector<std::string>& functions);

}  // namespace kjump::hibernate
