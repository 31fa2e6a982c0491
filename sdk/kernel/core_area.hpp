// SPDX-License-Identifier: MIT
/// What a second kernel is left of the first one, for its /proc/vmcore: the core header and the notes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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

/// Other memory for a header that is too long for the area: in one piece, and of no other use until the
/// second kernel has booted. No bytes: there is none.
struct CoreRoom {
  std::uint64_t address = 0;  ///< physical
  std::span<std::byte> bytes;
};

/// Writes header and notes. What elfcorehdr= has to say: kCoreHeaderBase, or the room's address.
[[nodiscard]] Result<std::uint64_t> write_core(LowArea& area, const CoreFacts& facts,
                                               const CoreRoom& room = {});

}  // namespace kjump::two_kernels
