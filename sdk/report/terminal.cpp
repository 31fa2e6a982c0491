// SPDX-License-Identifier: MIT
#include "report/terminal.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace kjump::report {
namespace {

struct Range {
  char32_t first, last;
};

// Beyond ASCII: controls of ISO 6429 (terminals obey them in UTF-8, too), marks that turn the direction of
// writing or break lines, surrogates.
constexpr std::array<Range, 6> kNotShown{
    {{0x80, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}, {0xD800, 0xDFFF}, {0xFEFF, 0xFEFF}}};

bool shown(char32_t character) {
  for (const Range& range : kNotShown) {
    if (range.first <= character && character <= range.last) {
      return false;
    }
  }
  return character <= 0x10FFFF;
}

// Bytes of the UTF-8 sequence that begins with `lead`, 0 when none does (RFC 3629).
std::size_t sequence_bytes(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) {
    return 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    return 3;
  }
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

// How many bytes at the start are one character beyond ASCII that may be shown; 0 when they are none.
std::size_t shown_sequence(std::string_view text) {
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};  // by length: no detours
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = sequence_bytes(lead);
  if (bytes == 0 || bytes > text.size()) {
    return 0;
  }
  char32_t character = lead & (0x7FU >> bytes);
  for (const char next : text.substr(1, bytes - 1)) {
    const auto byte = static_cast<unsigned char>(next);
    if ((byte & 0xC0) != 0x80) {
      return 0;
    }
    character = character << 6 | (byte & 0x3F);
  }
  return character >= kSmallest.at(bytes) && shown(character) ? bytes : 0;
}

bool plain(char character) {
  return (character >= ' ' && character <= '~') || character == '\n' || character == '\t';
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t taken = 1;
    if (plain(text.front())) {
      out += text.front();
    } else if (const std::size_t bytes = shown_sequence(text); bytes != 0) {
      out += text.substr(0, bytes);
      taken = bytes;
    } else if (!text.starts_with("\r\n")) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace kjump::report
