// SPDX-License-Identifier: MIT
#include "hibernate/pci_records.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <string_view>

namespace kjump::hibernate {
namespace {

using abi::hibernate::PciRecord;

// PCI Local Bus specification 3.0, 6.1: header type, and the one of bridges.
constexpr std::size_t kHeaderType = 0x0E;
constexpr unsigned kHeaderLayout = 0x7F;
constexpr unsigned kBridgeLayout = 1;

// Takes a hexadecimal number and the character that ends it off the text.
std::optional<std::uint32_t> take_number(std::string_view& text, char end, std::uint32_t most) {
  const auto length = end != '\0' ? text.find(end) : text.size();
  std::uint32_t value = 0;
  if (length == std::string_view::npos || length == 0) {
    return std::nullopt;
  }
  const auto [stop, error] = std::from_chars(text.data(), text.data() + length, value, 16);
  if (error != std::errc{} || stop != text.data() + length || value > most) {
    return std::nullopt;
  }
  text.remove_prefix(end != '\0' ? length + 1 : length);
  return value;
}

}  // namespace

std::optional<PciAddress> parse_pci_address(const std::string& text) {
  std::string_view rest = text;
  const auto domain = take_number(rest, ':', 0xFFFF'FFFF);
  const auto bus = domain ? take_number(rest, ':', 0xFF) : std::nullopt;
  const auto device = bus ? take_number(rest, '.', 0x1F) : std::nullopt;
  const auto function = device ? take_number(rest, '\0', 7) : std::nullopt;
  if (!function) {
    return std::nullopt;
  }
  return PciAddress{*domain, static_cast<std::uint8_t>(*bus), static_cast<std::uint8_t>(*device),
                    static_cast<std::uint8_t>(*function)};
}

Result<std::vector<PciRecord>> read_pci_records(const System& system,
                                                const std::vector<std::string>& functions) {
  if (functions.size() > abi::hibernate::kMostPciRecords) {
    return fail(ErrorCode::kLimit,
                fmt::format("{} PCI functions lead to the disks in use, {} is the most", functions.size(),
                            abi::hibernate::kMostPciRecords),
                functions.back(), "unmount what is not needed");
  }
  std::vector<PciRecord> records;
  for (const std::string& name : functions) {
    const auto address = parse_pci_address(name);
    if (!address) {
      return fail(ErrorCode::kInvalid, "not a PCI function", name);
    }
    PciRecord record{address->bus, address->device, address->function, 0, {}};
    KJUMP_TRY(const std::string config,
              system.read_at("/sys/bus/pci/devices/" + name + "/config", 0, sizeof(record.header)));
    std::memcpy(record.header, config.data(), sizeof(record.header));
    const auto type = static_cast<unsigned char>(config[kHeaderType]);
    record.is_bridge = (type & kHeaderLayout) == kBridgeLayout ? 1 : 0;
    records.push_back(record);
  }
  return records;
}

}  // namespace kjump::hibernate
