// SPDX-License-Identifier: MIT
#include "hibernate/aml_sleep.hpp"

namespace kjump::hibernate {
namespace {

// ACPI specification 6.5, 20.2: term, name and data objects.
constexpr std::uint8_t kNameOp = 0x08;
constexpr std::uint8_t kRootCharacter = 0x5C;
constexpr std::uint8_t kPackageOp = 0x12;
constexpr std::uint8_t kZeroOp = 0x00;
constexpr std::uint8_t kOneOp = 0x01;
constexpr std::uint8_t kBytePrefix = 0x0A;
constexpr std::uint8_t kWordPrefix = 0x0B;
constexpr std::uint8_t kDwordPrefix = 0x0C;
constexpr std::uint32_t kLargestType = 7;  // three bits

/// Bytes of a table, from a place on. Reading past the end gives none.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::uint8_t> byte() {
    if (bytes_.empty()) {
      return std::nullopt;
    }
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }

  bool skip(std::size_t bytes) {
    if (bytes > bytes_.size()) {
      return false;
    }
    bytes_.remove_prefix(bytes);
    return true;
  }

  std::optional<std::uint32_t> number(unsigned bytes) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      const auto next = byte();
      if (!next) {
        return std::nullopt;
      }
      value |= std::uint32_t{*next} << (8 * i);
    }
    return value;
  }

  // One element of the package, when it is a number.
  std::optional<std::uint32_t> element() {
    const auto op = byte();
    if (!op) {
      return std::nullopt;
    }
    switch (*op) {
      case kZeroOp:
        return 0;
      case kOneOp:
        return 1;
      case kBytePrefix:
        return number(1);
      case kWordPrefix:
        return number(2);
      case kDwordPrefix:
        return number(4);
      default:
        return std::nullopt;
    }
  }

 private:
  std::string_view bytes_;
};

std::optional<SleepType> read_package(Reader reader) {
  if (reader.byte() != kPackageOp) {
    return std::nullopt;
  }
  // PkgLength: the first byte's top two bits are the number of bytes that follow it.
  const auto lead = reader.byte();
  if (!lead || !reader.skip(*lead >> 6U)) {
    return std::nullopt;
  }
  const auto count = reader.byte();
  if (!count || *count == 0) {
    return std::nullopt;
  }
  const auto a = reader.element();
  const auto b = *count > 1 ? reader.element() : std::optional<std::uint32_t>(0);
  if (!a || !b || *a > kLargestType || *b > kLargestType) {
    return std::nullopt;
  }
  return SleepType{static_cast<std::uint8_t>(*a), static_cast<std::uint8_t>(*b)};
}

// NameOp comes right before the name, or before the root character before it.
bool is_definition(std::string_view table, std::size_t at) {
  const auto byte_before = [&](std::size_t distance) {
    return at >= distance ? static_cast<std::uint8_t>(table[at - distance]) : std::uint8_t{0};
  };
  return byte_before(1) == kNameOp || (byte_before(1) == kRootCharacter && byte_before(2) == kNameOp);
}

}  // namespace

std::optional<SleepType> find_sleep_type(std::string_view table, std::string_view name) {
  for (auto at = table.find(name); at != std::string_view::npos; at = table.find(name, at + 1)) {
    if (is_definition(table, at)) {
      if (const auto type = read_package(Reader(table.substr(at + name.size())))) {
        return type;
      }
    }
  }
  return std::nullopt;
}

}  // namespace kjump::hibernate
