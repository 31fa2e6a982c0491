// SPDX-License-Identifier: MIT
/// What is left of the BIOS in page 0: the interrupt vector table and the BIOS data area.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// Where an interrupt vector leads.
enum class VectorPlace {
  kFirmware,   ///< ROM, or memory that a hook (boot loader, option ROM) has reserved at the top
  kEmpty,      ///< 0000:0000
  kElsewhere,  ///< memory that Linux may have used since
};

struct LowMemoryFacts {
  std::uint32_t base_memory_end = 0;         ///< where conventional memory ends: the EBDA or 640 KiB
  std::string ivt_problem;                   ///< empty: the vectors look like a BIOS's
  std::array<std::uint32_t, 256> vectors{};  ///< far pointers: offset low, segment high

  [[nodiscard]] VectorPlace place_of(std::uint8_t vector) const;
  [[nodiscard]] std::string vector_text(std::uint8_t vector) const;  ///< "f000:e3fe"
};

/// Reads page 0's content. Never fails: nonsense is what `ivt_problem` is for.
[[nodiscard]] LowMemoryFacts parse_page_zero(std::span<const std::byte> page);

/// Maps page 0 and parses it.
[[nodiscard]] Result<LowMemoryFacts> read_page_zero(const System& system);

/// Linux was started by EFI firmware.
[[nodiscard]] bool booted_by_efi(const System& system);

}  // namespace kjump
