// SPDX-License-Identifier: MIT
/// What the payloads need of ACPI: power management registers and the value for S5, from the tables FADT,
/// DSDT and SSDT as Linux hands them out.
#pragma once

#include <string>

#include <kjump/abi/hibernate/acpi.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct AcpiKnowledge {
  abi::hibernate::AcpiFacts facts{};
  std::string s5_table;       ///< where \_S5_ stands: "DSDT"
  std::string power_off_gap;  ///< why the payload cannot switch the machine off; empty: it can
};

/// Without ACPI there is nothing to find, which is no error.
[[nodiscard]] AcpiKnowledge read_acpi(const System& system);

/// From the table alone.
[[nodiscard]] abi::hibernate::AcpiFacts registers_of(const std::string& fadt);

}  // namespace kjump::hibernate
