// SPDX-License-Identifier: MIT
/// The PIT's edges as NMIs, 18.2 a second, whose handler counts kjump_ticks_left down (asm/exceptions.asm).
/// Physical mode.
///
/// Both interrupt controllers see each edge: the 8259 gives the BIOS its tick as ever. Around a firmware call
/// the thunk pauses them: an NMI in 32-bit code of SeaBIOS's would reset the machine.
#pragma once

#include <stdint.h>

#include "platform/io_apic.hpp"

namespace kjump::platform {

/// `pin` of the I/O APIC is where channel 0 of the PIT arrives.
void count_pit_edges(const IoApic& io_apic, uint32_t pin);
void stop_counting_pit_edges();

}  // namespace kjump::platform
