// SPDX-License-Identifier: MIT
/// Channel 0 of the 8254 timer, the BIOS's 18.2 Hz tick.
#pragma once

#include <stdint.h>

namespace kjump::platform {

/// Status byte of channel 0 by the read-back command: bits 5:0 are its control word.
[[nodiscard]] uint8_t read_pit_status();
inline constexpr uint8_t kPitControlWord = 0x3F;  ///< access, mode, BCD

/// Mode 2, full count: 1193182 / 65536 = 18.2 interrupts a second (T31).
void set_pit_for_firmware();

/// How many ticks of the time-stamp counter pass in a millisecond, counted over about one. Channel 0 has to
/// be as set_pit_for_firmware() leaves it. 0: it stands still.
[[nodiscard]] uint32_t measure_tsc_khz();

/// The mode that `status` tells, full count: the count itself cannot be read back. A kernel whose tick is
/// the PIT programs it when it resumes (kexec_jump.md 3.2).
void restore_pit(uint8_t status);

}  // namespace kjump::platform
