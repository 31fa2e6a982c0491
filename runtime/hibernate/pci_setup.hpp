// SPDX-License-Identifier: MIT
/// PCI after an S3 wake: firmware has left address registers and bridges as the reset did (wake_door.md).
#pragma once

#include <kjump/abi/hibernate/disk.hpp>

namespace kjump::hibernate {

/// Gives controllers and the bridges above them the addresses that Linux gave them. Bridges come first.
void write_pci_records(const abi::hibernate::PciRecord* records, uint32_t count);

}  // namespace kjump::hibernate
