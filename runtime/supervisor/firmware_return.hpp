// SPDX-License-Identifier: MIT
/// What the thunk (asm/firmware_call.asm) saw at the return of the last callee, and what should have been
/// there. Physical mode.
#pragma once

#include <stdint.h>

namespace kjump::supervisor {

struct FirmwareReturn {
  uint32_t esp;
  uint16_t expected_sp[2];       ///< after a RETF; after an IRET or RETF 2
  uint64_t gdtr, expected_gdtr;  ///< base, the limit above
  uint64_t idtr, expected_idtr;
  uint16_t pic_masks, expected_pic_masks;  ///< the second 8259's above; the former only if they differed
};

[[nodiscard]] FirmwareReturn firmware_return();

/// Gives the table of real mode a limit that no firmware chooses, so that one which loads its own is seen, or
/// takes it away again. The vectors are the same.
void watch_idt(bool on);

/// What was at an interrupt vector before the runtime hooked it; `found` if it did not.
[[nodiscard]] uint32_t former_vector(uint32_t vector, uint32_t found);

}  // namespace kjump::supervisor
