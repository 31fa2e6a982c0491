// SPDX-License-Identifier: MIT
#include <kjump/digest.hpp>

#include <nettle/sha2.h>

#include <algorithm>
#include <charconv>

namespace kjump {

static_assert(Sha256::kBytes == SHA256_DIGEST_SIZE);

Sha256 Sha256::of(std::span<const std::byte> content) {
  sha256_ctx context{};
  Sha256 hash;
  sha256_init(&context);
  sha256_update(&context, content.size(), reinterpret_cast<const std::uint8_t*>(content.data()));
  sha256_digest(&context, hash.bytes.size(), reinterpret_cast<std::uint8_t*>(hash.bytes.data()));
  return hash;
}

Result<Sha256> Sha256::parse(std::string_view hex) {
  Sha256 hash;
  bool good = hex.size() == 2 * hash.bytes.size();
  for (std::size_t i = 0; good && i < hash.bytes.size(); ++i) {
    unsigned value = 0;
    const char* const begin = hex.data() + 2 * i;
    const auto parsed = std::from_chars(begin, begin + 2, value, 16);
    good = parsed.ec == std::errc() && parsed.ptr == begin + 2;
    hash.bytes.at(i) = static_cast<std::byte>(value);
  }
  if (!good) {
    return fail(ErrorCode::kInvalid, "not a SHA-256 hash of 64 hexadecimal digits", std::string(hex),
                "kjump inspect and sha256sum print it");
  }
  return hash;
}

std::string Sha256::hex() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    text += kDigits[std::to_integer<std::size_t>(byte & std::byte{0xF})];
  }
  return text;
}

}  // namespace kjump
