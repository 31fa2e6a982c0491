// SPDX-License-Identifier: MIT
/// What lies on a partition or disk, by its first bytes: so that nobody's data becomes a store by mistake.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace kjump::hibernate {

/// Bytes of a device that recognise() looks at, from its beginning and from its end.
inline constexpr std::size_t kSignatureBytes = std::size_t{256} * 1024;

/// "an ext2, ext3 or ext4 file system"; empty: nothing that is known. `head` are the first bytes, `tail` the
/// last ones; either may be shorter than kSignatureBytes.
[[nodiscard]] std::string recognise(std::span<const std::byte> head, std::span<const std::byte> tail);

}  // namespace kjump::hibernate
