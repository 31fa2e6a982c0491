// SPDX-License-Identifier: MIT
/// What must be the same for a memory image to run: firmware's memory map, ACPI tables, processor.
#pragma once

#include <kjump/abi/hibernate/machine.hpp>
#include "hibernate/failure.hpp"
#include "hibernate/store.hpp"

namespace kjump::hibernate {

/// Fills in all but the memory map.
void describe_machine(format::Machine& machine);

/// The memory map by INT 15h AX=E820h, straight after firmware. False: the BIOS gives none.
[[nodiscard]] bool ask_bios_for_map(format::Machine& machine);

/// Status kMemoryMap, kAcpi or kProcessor, with what differs; `here` may have more processor features.
[[nodiscard]] Failure compare_machines(const format::Machine& saved, const format::Machine& here);

}  // namespace kjump::hibernate
