// SPDX-License-Identifier: MIT
/// What a second kernel is left of the first one, for its /proc/vmcore: the core header and the notes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/core_header.hpp"
#include "kernel/low_area.hpp"

namespace kjump::two_kernels {

/// This kernel as another one will see it.
struct CoreFacts {
  std::vector<CorePiece> pieces;
  std::vector<std::byte> notes;  ///< for kCoreNotesBase
  std::uint32_t registers = 0;   ///< physical address in them: abi::two_kernels::FrameRegisters
};

/// Notes: the processor's registers, still zero, which the crossing payload fills in; and VMCOREINFO, as the
/// kernel itself has it. `second` is the other one's memory. x86_64 with /proc/kcore.
[[nodiscard]] Result<CoreFacts> read_core_facts(const System& system, const MemoryPiece& second);

/// Writes header and notes; afterwards elfcorehdr=kCoreHeaderBase is right.
[[nodiscard]] Result<void> write_core(LowArea& area, const CoreFacts& facts);

}  // namespace kjump::two_kernels
