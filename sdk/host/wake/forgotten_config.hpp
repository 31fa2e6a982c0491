// SPDX-License-Identifier: MIT
/// Chipset registers that a machine's firmware does not set up again when it wakes from S3.
#pragma once

#include <vector>

#include <kjump/abi/image.hpp>

#include "host/system.hpp"

namespace kjump {

/// Their values now, for the wake entry to write. At most as many as LoaderParameters holds.
///
/// ICH9 (00:1f.0): power management base and ACPI control, 40h and 44h. SeaBIOS 1.16.2 on QEMU's q35 leaves
/// them at zero after a wake; Linux then has no PM1 registers: no later suspend sleeps, no power-off works
/// (measured, docs/doors.md). Firmware that sets them up itself has them written twice, with the same values.
[[nodiscard]] std::vector<abi::ConfigWrite> forgotten_config(const System& system);

/// They are forgotten already: a suspend that was not kjump's has happened since the machine was booted.
[[nodiscard]] bool sleep_registers_lost(const System& system);

}  // namespace kjump
