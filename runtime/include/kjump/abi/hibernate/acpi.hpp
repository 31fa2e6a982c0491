// SPDX-License-Identifier: MIT
/// What the payloads need of ACPI.
#pragma once

#include <stdint.h>

namespace kjump::abi::hibernate {

/// From FADT and DSDT, evaluated in user space. I/O ports; 0: not there.
struct AcpiFacts {
  uint32_t smi_command;
  uint32_t pm1a_event, pm1b_event;
  uint32_t pm1a_control, pm1b_control;
  uint32_t gpe0, gpe1;
  uint32_t reset_port;  ///< FADT reset register, where it is an I/O port
  uint8_t acpi_enable;
  uint8_t pm1_event_bytes;  ///< status and enable together
  uint8_t gpe0_bytes, gpe1_bytes;
  uint8_t s5_type_a, s5_type_b;  ///< SLP_TYP of \_S5_
  uint8_t has_s5;
  uint8_t reset_value;
};

/// Enable registers that nobody but us writes back after a cold boot.
struct AcpiEnables {
  uint16_t pm1a, pm1b;
  uint32_t reserved;
  uint8_t gpe0[32], gpe1[32];
};

}  // namespace kjump::abi::hibernate
