// SPDX-License-Identifier: MIT
#include "host/acpi_tables.hpp"

#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>

namespace kjump {
namespace {

constexpr std::size_t kHeaderBytes = 36;
constexpr std::size_t kLengthOffset = 4;
constexpr std::uint64_t kFourGib = std::uint64_t{1} << 32;

template <typename Number>
Number number_at(const std::string& table, std::size_t offset) {
  Number value = 0;
  std::memcpy(&value, table.data() + offset, sizeof(value));
  return value;
}

// A table that is whole: signature, at least `least` bytes, checksum. Cut to the length that it states.
std::optional<std::string> read_acpi_table(const System& system, const std::string& signature,
                                           std::size_t least) {
  auto table = system.read_fact("/sys/firmware/acpi/tables/" + signature);
  if (!table || table->size() < least || !table->starts_with(signature)) {
    return std::nullopt;
  }
  const auto length = number_at<std::uint32_t>(*table, kLengthOffset);
  if (length < least || length > table->size()) {
    return std::nullopt;
  }
  table->resize(length);
  const unsigned sum = std::accumulate(table->begin(), table->end(), 0U, [](unsigned so_far, char byte) {
    return so_far + static_cast<unsigned char>(byte);
  });
  return sum % 256 == 0 ? std::optional(*std::move(table)) : std::nullopt;
}

}  // namespace

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

std::uint64_t find_io_apic(const System& system) {
  // Header, local APIC address, flags; then structures that begin with type and length.
  constexpr std::size_t kFirstStructure = kHeaderBytes + 8;
  constexpr std::uint8_t kIoApicType = 1;
  constexpr std::size_t kIoApicBytes = 12;
  constexpr std::size_t kAddressOffset = 4;
  constexpr std::size_t kInterruptBaseOffset = 8;
  const auto table = read_acpi_table(system, "APIC", kFirstStructure);
  std::size_t bytes = 0;
  for (std::size_t at = kFirstStructure; table && at + 2 <= table->size(); at += bytes) {
    bytes = number_at<std::uint8_t>(*table, at + 1);
    if (bytes < 2 || bytes > table->size() - at) {
      return 0;
    }
    const bool io_apic = number_at<std::uint8_t>(*table, at) == kIoApicType && bytes >= kIoApicBytes;
    if (io_apic && number_at<std::uint32_t>(*table, at + kInterruptBaseOffset) == 0) {
      return number_at<std::uint32_t>(*table, at + kAddressOffset);
    }
  }
  return 0;
}

}  // namespace kjump
