// SPDX-License-Identifier: MIT
/// The kernel's wake-up code: what firmware jumps to, in real mode, when the machine wakes from ACPI S3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <kjump/abi/image.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

using WakeJump = std::array<std::uint8_t, abi::kWakeJumpBytes>;

struct WakeCode {
  std::uint32_t address = 0;  ///< physical; also what the FACS holds while the machine sleeps
  std::uint32_t block = 0;    ///< physical address of the kernel's real-mode block around it
  WakeJump bytes{};           ///< its first bytes

  friend bool operator==(const WakeCode&, const WakeCode&) = default;
};

/// Looks for it in memory that begins at the physical address `base`. An error says how far the
/// search came (arch/x86/realmode/rm/wakeup.h and wakeup_asm.S of Linux 6.1 and 6.12; wake_door.md).
[[nodiscard]] Result<WakeCode> find_wake_code(std::span<const std::byte> memory_bytes, std::uint32_t base);

/// The same in this machine's conventional memory, above page 0.
[[nodiscard]] Result<WakeCode> find_wake_code(const System& system);

/// The far jump that takes the place of those bytes and leads to an image's wake entry.
[[nodiscard]] WakeJump jump_to(std::uint32_t wake_entry);

}  // namespace kjump
