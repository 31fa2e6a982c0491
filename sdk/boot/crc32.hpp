// SPDX-License-Identifier: MIT
/// CRC-32 as the boot sector computes it: small code there, a few milliseconds for an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kjump/abi/boot.hpp>

namespace kjump::boot {

[[nodiscard]] constexpr std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? abi::kCrcPolynomial : 0);
    }
  }
  return ~crc;
}

}  // namespace kjump::boot
