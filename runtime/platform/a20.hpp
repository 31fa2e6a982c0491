// SPDX-License-Identifier: MIT
/// The A20 gate.
#pragma once

namespace kjump::platform {

/// True when address bit 20 reaches memory. Physical mode; writes only to a word of its own.
[[nodiscard]] bool a20_is_on();

}  // namespace kjump::platform

/// Switches A20 on by port 92h, then by the keyboard controller, and waits until it is. Resets the machine
/// when both fail: with A20 off, every odd MiB of memory is wrong, and going back would destroy Linux.
extern "C" void kjump_enable_a20();
