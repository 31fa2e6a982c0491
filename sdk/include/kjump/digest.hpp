// SPDX-License-Identifier: MIT
/// SHA-256, by which a user pins an image: this very file, or none.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <kjump/result.hpp>

namespace kjump {

struct Sha256 {
  static constexpr std::size_t kBytes = 32;

  std::array<std::byte, kBytes> bytes{};

  /// The hash of some content.
  [[nodiscard]] static Sha256 of(std::span<const std::byte> content);

  /// 64 hexadecimal digits, large or small, as sha256sum prints them.
  [[nodiscard]] static Result<Sha256> parse(std::string_view hex);

  [[nodiscard]] std::string hex() const;

  friend bool operator==(const Sha256&, const Sha256&) = default;
};

}  // namespace kjump
