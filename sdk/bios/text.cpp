// SPDX-License-Identifier: MIT
#include "bios/text.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kjump::bios {

namespace {

constexpr const char* kNumberHint = "write 14, 0xE, 0Eh or 'SMAP'";

constexpr int kNoDigit = 99;

int digit_value(char character) {
  if (character >= '0' && character <= '9') {
    return character - '0';
  }
  if (character >= 'a' && character <= 'f') {
    return character - 'a' + 10;
  }
  if (character >= 'A' && character <= 'F') {
    return character - 'A' + 10;
  }
  return kNoDigit;
}

bool is_decimal_digit(char character) {
  return digit_value(character) < 10;
}

Failure not_a_number(const Part& part) {
  return fail(ErrorCode::kMalformed, fmt::format("'{}' is not a number", part.text), part.place(),
              kNumberHint);
}

Failure too_large(const Part& part, unsigned bits) {
  return fail(ErrorCode::kMalformed, fmt::format("{} does not fit {} bits", part.text, bits), part.place());
}

Result<std::uint32_t> parse_digits(const Part& part, std::string_view digits, int base, unsigned bits) {
  std::uint64_t value = 0;
  for (const char character : digits) {
    const int digit = digit_value(character);
    if (digit >= base) {
      return not_a_number(part);
    }
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
    if (value >> bits != 0) {
      return too_large(part, bits);
    }
  }
  if (digits.empty()) {
    return not_a_number(part);
  }
  return static_cast<std::uint32_t>(value);
}

std::uint32_t characters_value(std::string_view characters) {
  std::uint32_t value = 0;
  for (const char character : characters) {
    value = value << 8 | static_cast<unsigned char>(character);
  }
  return value;
}

Result<std::uint32_t> parse_characters(const Part& part, unsigned bits) {
  const std::string_view text = part.text;
  if (text.size() < 3 || text.back() != '\'') {
    return fail(ErrorCode::kMalformed, "characters need a closing quote", part.place(), "write 'SMAP'");
  }
  const std::string_view characters = text.substr(1, text.size() - 2);
  if (characters.size() * 8 > bits) {
    return too_large(part, bits);
  }
  return characters_value(characters);
}

bool is_bare_signature(const Part& part, unsigned bits) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return part.token.line == 0 && bits == 32 && part.text.size() == 4 && is_capital(part.text.front()) &&
         std::all_of(part.text.begin(), part.text.end(),
                     [&](char c) { return is_capital(c) || is_decimal_digit(c); }) &&
         std::any_of(part.text.begin(), part.text.end(), [](char c) { return digit_value(c) == kNoDigit; });
}

bool has_hex_prefix(std::string_view text) {
  return text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

bool has_hex_suffix(std::string_view text) {
  return text.size() > 1 && (text.back() == 'h' || text.back() == 'H') && is_decimal_digit(text.front());
}

}  // namespace

std::string Token::place(std::size_t offset) const {
  if (line == 0) {
    return fmt::format("'{}', column {}", text, column + offset);
  }
  return fmt::format("{}:{}:{}", source, line, column + offset);
}

Token argument(std::string text) {
  Token token;
  token.text = std::move(text);
  return token;
}

Result<std::uint32_t> parse_number(const Part& part, unsigned bits) {
  const std::string_view text = part.text;
  if (text.empty()) {
    return fail(ErrorCode::kMalformed, "a number is missing", part.place(), kNumberHint);
  }
  if (text.front() == '\'') {
    return parse_characters(part, bits);
  }
  if (is_bare_signature(part, bits)) {
    return characters_value(text);
  }
  if (has_hex_prefix(text)) {
    return parse_digits(part, text.substr(2), 16, bits);
  }
  if (has_hex_suffix(text)) {
    return parse_digits(part, text.substr(0, text.size() - 1), 16, bits);
  }
  return parse_digits(part, text, 10, bits);
}

Result<FarPointer> parse_far_pointer(const Part& part) {
  const std::size_t colon = part.text.find(':');
  if (colon == std::string_view::npos) {
    return fail(ErrorCode::kMalformed, fmt::format("'{}' is not a far pointer", part.text), part.place(),
                "write SEGMENT:OFFSET in hexadecimal, e.g. f000:e05b");
  }
  const auto half = [&part](std::size_t begin, std::size_t end) {
    const Part piece{part.token, part.offset + begin, part.text.substr(begin, end - begin)};
    return parse_digits(piece, has_hex_prefix(piece.text) ? piece.text.substr(2) : piece.text, 16, 16);
  };
  KJUMP_TRY(const std::uint32_t segment, half(0, colon));
  KJUMP_TRY(const std::uint32_t offset, half(colon + 1, part.text.size()));
  return FarPointer{static_cast<std::uint16_t>(segment), static_cast<std::uint16_t>(offset)};
}

Result<std::uint8_t> parse_vector(const Part& part) {
  if (part.text.size() == 2 && is_decimal_digit(part.text[0]) && is_decimal_digit(part.text[1])) {
    return fail(ErrorCode::kMalformed, fmt::format("interrupt number {} is ambiguous", part.text),
                part.place(), fmt::format("write 0x{} for INT {}h", part.text, part.text));
  }
  KJUMP_TRY(const std::uint32_t vector, parse_number(part, 8));
  return static_cast<std::uint8_t>(vector);
}

}  // namespace kjump::bios
