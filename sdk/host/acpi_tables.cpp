// SPDX-License-Identifier: MIT
#include "host/acpi_tables.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>

#include <kjump/abi/image.hpp>

namespace kjump {
namespace {

constexpr std::size_t kSignatureBytes = 4;
constexpr std::size_t kHeaderBytes = 36;
constexpr std::size_t kLengthOffset = 4;
constexpr std::size_t kFirstStructure = kHeaderBytes + 8;
constexpr std::uint64_t kFourGib = std::uint64_t{1} << 32;

template <typename Number>
Number number_at(const std::string& table, std::size_t offset) {
  Number value = 0;
  std::memcpy(&value, table.data() + offset, sizeof(value));
  return value;
}

// Structures of the table APIC: header, local APIC address, flags; then each with type and length. `use` gets
// the type and where the structure begins and how long it is, and says whether it was the one.
template <typename Use>
void for_each_structure(const std::optional<std::string>& table, Use use) {
  std::size_t bytes = 0;
  for (std::size_t at = kFirstStructure; table && at + 2 <= table->size(); at += bytes) {
    bytes = number_at<std::uint8_t>(*table, at + 1);
    if (bytes < 2 || bytes > table->size() - at || use(number_at<std::uint8_t>(*table, at), at, bytes)) {
      return;
    }
  }
}

// Where an interrupt of the ISA bus arrives instead of at the pin of its own number.
struct Override {
  std::uint32_t interrupt = 0;
  std::uint16_t flags = 0;

  // Bits 1:0 polarity, 3:2 trigger: 0 is as the bus has it, 1 is high, edge.
  [[nodiscard]] bool is_rising_edge() const { return (flags & 0xAU) == 0; }
};

std::optional<Override> find_override(const System& system, std::uint8_t irq) {
  constexpr std::uint8_t kOverrideType = 2;
  constexpr std::size_t kOverrideBytes = 10;
  constexpr std::size_t kSourceOffset = 3;  // IRQ of the 8259; the byte before is the bus, ISA
  constexpr std::size_t kInterruptOffset = 4;
  constexpr std::size_t kFlagsOffset = 8;
  const auto table = read_acpi_table(system, "APIC", kFirstStructure);
  std::optional<Override> found;
  for_each_structure(table, [&](std::uint8_t type, std::size_t at, std::size_t bytes) {
    if (type == kOverrideType && bytes >= kOverrideBytes &&
        number_at<std::uint8_t>(*table, at + kSourceOffset) == irq) {
      found = {number_at<std::uint32_t>(*table, at + kInterruptOffset),
               number_at<std::uint16_t>(*table, at + kFlagsOffset)};
    }
    return found.has_value();
  });
  return found;
}

}  // namespace

std::optional<std::string> read_acpi_table(const System& system, const std::string& file, std::size_t least) {
  auto table = system.read_fact("/sys/firmware/acpi/tables/" + file);
  if (!table || table->size() < std::max(least, kHeaderBytes) ||
      !table->starts_with(file.substr(0, kSignatureBytes))) {
    return std::nullopt;
  }
  const auto length = number_at<std::uint32_t>(*table, kLengthOffset);
  if (length < least || length < kHeaderBytes || length > table->size()) {
    return std::nullopt;
  }
  table->resize(length);
  const unsigned sum = std::accumulate(table->begin(), table->end(), 0U, [](unsigned so_far, char byte) {
    return so_far + static_cast<unsigned char>(byte);
  });
  return sum % 256 == 0 ? std::optional(*std::move(table)) : std::nullopt;
}

std::uint64_t find_hpet(const System& system) {
  // Header, event timer block id, then a generic address: space id at 40, address at 44.
  constexpr std::size_t kTableBytes = 56;
  constexpr std::size_t kSpaceOffset = 40;
  constexpr std::size_t kAddressOffset = 44;
  const auto table = read_acpi_table(system, "HPET", kTableBytes);
  if (!table || (*table)[kSpaceOffset] != 0) {
    return 0;
  }
  const auto address = number_at<std::uint64_t>(*table, kAddressOffset);
  return address < kFourGib ? address : 0;
}

std::vector<IoApicPlace> find_io_apics(const System& system) {
  constexpr std::uint8_t kIoApicType = 1;
  constexpr std::size_t kIoApicBytes = 12;
  constexpr std::size_t kAddressOffset = 4;
  constexpr std::size_t kInterruptBaseOffset = 8;
  const auto table = read_acpi_table(system, "APIC", kFirstStructure);
  std::vector<IoApicPlace> found;
  for_each_structure(table, [&](std::uint8_t type, std::size_t at, std::size_t bytes) {
    if (type == kIoApicType && bytes >= kIoApicBytes) {
      found.push_back({number_at<std::uint32_t>(*table, at + kAddressOffset),
                       number_at<std::uint32_t>(*table, at + kInterruptBaseOffset)});
    }
    return false;
  });
  return found;
}

std::uint64_t find_io_apic(const System& system) {
  for (const IoApicPlace& one : find_io_apics(system)) {
    if (one.first_interrupt == 0) {
      return one.address;
    }
  }
  return 0;
}

std::uint8_t find_timer_pin(const System& system) {
  constexpr std::uint32_t kPins = 240;  // most that an I/O APIC's version register can say
  const auto routed = find_override(system, 0);
  return routed && routed->interrupt < kPins ? static_cast<std::uint8_t>(routed->interrupt) : 0;
}

bool has_clock_interrupt(const System& system) {
  constexpr std::uint8_t kIrq = 8;
  constexpr std::size_t kBootArchitectureOffset = 109;
  constexpr std::size_t kBytes = 111;
  constexpr unsigned kNoClock = 1U << 5;
  const auto fadt = read_acpi_table(system, "FACP", kBytes);
  if (!fadt || (number_at<std::uint16_t>(*fadt, kBootArchitectureOffset) & kNoClock) != 0) {
    return false;
  }
  const auto routed = find_override(system, kIrq);
  return find_io_apic(system) != 0 &&
         (!routed || (routed->interrupt == abi::kClockPin && routed->is_rising_edge()));
}

}  // namespace kjump
