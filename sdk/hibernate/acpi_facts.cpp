// SPDX-License-Identifier: MIT
#include "hibernate/acpi_facts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

#include "hibernate/aml_sleep.hpp"
#include "host/acpi_tables.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::AcpiEnables;
using abi::hibernate::AcpiFacts;

constexpr const char* kTables = "/sys/firmware/acpi/tables";

// Offsets in the FADT (ACPI specification 6.5, 5.2.9).
constexpr std::size_t kSmiCommand = 48;
constexpr std::size_t kAcpiEnable = 52;
constexpr std::size_t kFlags = 112;
constexpr std::size_t kResetRegister = 116;
constexpr std::size_t kResetValue = 128;
constexpr std::size_t kPm1EventBytes = 88;
constexpr std::size_t kGpe0Bytes = 92;
constexpr std::size_t kGpe1Bytes = 93;
constexpr std::size_t kOldestFadt = 116;  // revision 1
constexpr std::uint32_t kHasResetRegister = 1U << 10U;
constexpr std::uint32_t kHardwareReduced = 1U << 20U;

// A block of registers: its port, and from revision 3 on its generic address, which counts where it is given.
struct RegisterBlock {
  std::size_t port;
  std::size_t address;
};
constexpr RegisterBlock kPm1aEvent{56, 148};
constexpr RegisterBlock kPm1bEvent{60, 160};
constexpr RegisterBlock kPm1aControl{64, 172};
constexpr RegisterBlock kPm1bControl{68, 184};
constexpr RegisterBlock kGpe0{80, 220};
constexpr RegisterBlock kGpe1{84, 232};

// Generic address structure (ibid. 5.2.3.2).
constexpr std::uint8_t kPortSpace = 1;
constexpr std::size_t kAddressInStructure = 4;
constexpr std::size_t kStructureBytes = 12;

/// Numbers in a table of any length: 0 where it is too short for them.
template <typename Number>
Number fadt_number(const std::string& table, std::size_t offset) {
  Number value = 0;
  if (offset + sizeof(value) <= table.size()) {
    std::memcpy(&value, table.data() + offset, sizeof(value));
  }
  return value;
}

// The port of a generic address; 0 when it is none.
std::uint32_t port_at(const std::string& table, std::size_t structure) {
  if (structure + kStructureBytes > table.size() ||
      fadt_number<std::uint8_t>(table, structure) != kPortSpace) {
    return 0;
  }
  const auto address = fadt_number<std::uint64_t>(table, structure + kAddressInStructure);
  return address <= std::numeric_limits<std::uint16_t>::max() ? static_cast<std::uint32_t>(address) : 0;
}

std::uint32_t port_of(const std::string& table, const RegisterBlock& block) {
  const std::uint32_t extended = port_at(table, block.address);
  const auto plain = fadt_number<std::uint32_t>(table, block.port);
  return extended != 0 ? extended : plain <= std::numeric_limits<std::uint16_t>::max() ? plain : 0;
}

// Half of a block's bytes are status, half enable. Blocks with more enable bytes than AcpiEnables has (none
// that we know of) are left alone.
std::uint8_t event_bytes(std::uint32_t port, std::uint8_t bytes) {
  constexpr std::uint8_t kMost = 2 * sizeof(AcpiEnables::gpe0);
  return port == 0 || bytes > kMost ? std::uint8_t{0} : bytes;
}

bool is_secondary_table(const std::string& file) {
  return file.starts_with("SSDT");
}

// DSDT first, then SSDTs.
void find_s5(const System& system, AcpiKnowledge& known) {
  std::vector<std::string> files = system.list_directory(kTables);
  files.erase(std::remove_if(files.begin(), files.end(),
                             [](const std::string& file) { return !is_secondary_table(file); }),
              files.end());
  files.insert(files.begin(), "DSDT");
  for (const std::string& file : files) {
    const auto table = read_acpi_table(system, file, 0);
    const auto type = table ? find_sleep_type(*table, "_S5_") : std::nullopt;
    if (type) {
      known.facts.has_s5 = 1;
      known.facts.s5_type_a = type->a;
      known.facts.s5_type_b = type->b;
      known.s5_table = file;
      return;
    }
  }
}

std::string power_off_gap(const std::string& fadt, const AcpiFacts& facts) {
  if ((fadt_number<std::uint32_t>(fadt, kFlags) & kHardwareReduced) != 0) {
    return "its ACPI is of the hardware-reduced kind, without PM1 registers";
  }
  if (facts.has_s5 == 0) {
    return "no table has \\_S5_ in a form that can be read without an interpreter";
  }
  return facts.pm1a_control == 0 ? "PM1a control is not an I/O port" : "";
}

}  // namespace

AcpiFacts registers_of(const std::string& fadt) {
  AcpiFacts facts{};
  if (fadt.size() < kOldestFadt) {
    return facts;
  }
  facts.smi_command = fadt_number<std::uint32_t>(fadt, kSmiCommand);
  facts.acpi_enable = fadt_number<std::uint8_t>(fadt, kAcpiEnable);
  facts.pm1a_event = port_of(fadt, kPm1aEvent);
  facts.pm1b_event = port_of(fadt, kPm1bEvent);
  facts.pm1a_control = port_of(fadt, kPm1aControl);
  facts.pm1b_control = port_of(fadt, kPm1bControl);
  facts.gpe0 = port_of(fadt, kGpe0);
  facts.gpe1 = port_of(fadt, kGpe1);
  facts.pm1_event_bytes = fadt_number<std::uint8_t>(fadt, kPm1EventBytes);
  facts.gpe0_bytes = event_bytes(facts.gpe0, fadt_number<std::uint8_t>(fadt, kGpe0Bytes));
  facts.gpe1_bytes = event_bytes(facts.gpe1, fadt_number<std::uint8_t>(fadt, kGpe1Bytes));
  if ((fadt_number<std::uint32_t>(fadt, kFlags) & kHasResetRegister) != 0) {
    facts.reset_port = port_at(fadt, kResetRegister);
    facts.reset_value = fadt_number<std::uint8_t>(fadt, kResetValue);
  }
  return facts;
}

AcpiKnowledge read_acpi(const System& system) {
  AcpiKnowledge known;
  const auto fadt = read_acpi_table(system, "FACP", kOldestFadt);
  if (!fadt) {
    known.power_off_gap = "there is no ACPI";
    return known;
  }
  known.facts = registers_of(*fadt);
  find_s5(system, known);
  known.power_off_gap = power_off_gap(*fadt, known.facts);
  return known;
}

}  // namespace kjump::hibernate
