// SPDX-License-Identifier: MIT
/// RAM under the firmware's own addresses, and whether it can be written to.
#pragma once

namespace kjump::platform {

/// Lets firmware write to E0000-EFFFF again where QEMU's host bridges show RAM there; true when it could not.
/// It stays so: that is how SeaBIOS set the machine up when it booted.
///
/// SeaBIOS keeps its stack there. When it wakes from S3 it takes the end of that memory from a variable that
/// the operating system may have overwritten long ago, and write-protects its own stack (SeaBIOS 1.16.2,
/// src/malloc.c rom_get_max(), src/fw/shadow.c). A BIOS call then never returns, and neither does the next
/// wake if a BIOS call has left other words on that stack than the wake before it (measured, docs/doors.md).
bool unlock_shadow_ram();

}  // namespace kjump::platform
