// SPDX-License-Identifier: MIT
/// Bytes in text, RFC 4648 section 4.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kjump::report {

[[nodiscard]] std::string encode_base64(std::span<const std::byte> bytes);

/// Nothing when the text is not exactly what encode_base64() would have written.
[[nodiscard]] std::optional<std::vector<std::byte>> decode_base64(std::string_view text);

}  // namespace kjump::report
