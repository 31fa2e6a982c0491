// SPDX-License-Identifier: MIT
/// ACPI's fixed registers, without an interpreter: user space has looked up what the tables say.
#pragma once

#include <kjump/abi/hibernate/acpi.hpp>

namespace kjump::hibernate {

namespace format = abi::hibernate;

/// Which events Linux wants to hear of.
[[nodiscard]] format::AcpiEnables read_enables(const format::AcpiFacts& facts);

/// ACPI mode on, and those events again. After a cold boot nobody else does it (hibernation_prototype.md 3).
void write_enables(const format::AcpiFacts& facts, const format::AcpiEnables& enables, uint32_t ticks_per_ms);

/// Was it the real-time clock's alarm, and not the power button, that woke the machine?
[[nodiscard]] bool woken_by_alarm(const format::AcpiFacts& facts);

/// S5. Returns only when the machine does not switch off within ten seconds.
void power_off(const format::AcpiFacts& facts, uint32_t ticks_per_ms);

/// Resets the machine: FADT's register, then the keyboard controller, then port CF9h.
[[noreturn]] void reset(const format::AcpiFacts& facts, uint32_t ticks_per_ms);

}  // namespace kjump::hibernate
