// SPDX-License-Identifier: MIT
/// What the firmware's ACPI tables, as Linux hands them out, say about the interrupt hardware. Physical
/// addresses; 0 where there is none, where a table is damaged, or where the address lies above 4 GiB: the
/// stub reaches it with paging off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/system.hpp"

namespace kjump {

/// A table that is whole: signature, at least `least` bytes, checksum. Cut to the length that it states.
/// `file` is the kernel's name for it: the signature, and a number where there are several ("SSDT2").
[[nodiscard]] std::optional<std::string> read_acpi_table(const System& system, const std::string& file,
                                                         std::size_t least);

/// The HPET's registers (IA-PC HPET specification 1.0a, 3.2.4: table HPET).
[[nodiscard]] std::uint64_t find_hpet(const System& system);

struct IoApicPlace {
  std::uint32_t address = 0;
  std::uint32_t first_interrupt = 0;
};

/// All I/O APICs (ACPI specification 6.5, 5.2.12.3: table APIC).
[[nodiscard]] std::vector<IoApicPlace> find_io_apics(const System& system);
/// The one whose first pin is global system interrupt 0.
[[nodiscard]] std::uint64_t find_io_apic(const System& system);

/// The pin of that I/O APIC where the PIT's interrupt arrives (ibid. 5.2.12.5, interrupt source override of
/// IRQ 0). Without an override it would be pin 0, which is the 8259's on the chip sets that we know: counts
/// as none.
[[nodiscard]] std::uint8_t find_timer_pin(const System& system);

/// The machine has an MC146818 clock (ibid. 5.2.9.3, table FACP) whose interrupt is a rising edge at pin
/// abi::kClockPin of that I/O APIC.
[[nodiscard]] bool has_clock_interrupt(const System& system);

}  // namespace kjump
