// SPDX-License-Identifier: MIT
/// The memory that firmware calls its own: interrupt vectors, BIOS data area, extended BIOS data area,
/// against a copy. Physical mode.
#pragma once

#include <stdint.h>

namespace kjump::platform {

inline constexpr uint32_t kIvtAddress = 0;
inline constexpr uint32_t kIvtBytes = 0x400;
inline constexpr uint32_t kBiosDataAddress = 0x400;
inline constexpr uint32_t kBiosDataBytes = 0x100;

/// A range of memory and its copy. Address and length are multiples of 4.
struct MemoryCopy {
  uint32_t address;
  uint32_t bytes;
  uint32_t* copy;
};

/// The extended BIOS data area as the BIOS data area tells (T38); `bytes` 0: there is none. No `copy` yet.
[[nodiscard]] MemoryCopy find_extended_bios_data(uint32_t most);

void take_copy(const MemoryCopy& memory);

/// Offset of the first double word from `offset` on that differs from the copy; memory.bytes: there is none.
[[nodiscard]] uint32_t next_difference(const MemoryCopy& memory, uint32_t offset);

/// Bytes of the BIOS data area that firmware changes as a service, or that change by themselves: keyboard,
/// diskette, screen, clock, disk status (T41).
[[nodiscard]] bool is_volatile_bios_data(uint32_t offset);

}  // namespace kjump::platform
