// SPDX-License-Identifier: MIT
#include "report/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace kjump::report {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kGroupBytes = 3;
constexpr std::size_t kGroupCharacters = 4;

}  // namespace

std::string encode_base64(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() + kGroupBytes - 1) / kGroupBytes * kGroupCharacters);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kGroupBytes, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < kGroupBytes; ++i) {
      group = group << 8 | (i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0);
    }
    for (std::size_t i = 0; i < kGroupCharacters; ++i) {
      text += i > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * i) & 63];
    }
  }
  return text;
}

std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
  const std::string_view original = text;
  std::vector<std::byte> bytes;
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::uint32_t group = 0;
  int bits = 0;
  for (const char character : text) {
    const std::size_t value = kAlphabet.find(character);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::byte>(group >> bits & 0xFF));
    }
  }
  // Wrong padding and stray bits at the end come to light when it is written again.
  if (encode_base64(bytes) != original) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace kjump::report
