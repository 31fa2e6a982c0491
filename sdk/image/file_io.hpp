// SPDX-License-Identifier: MIT
/// Whole files in and out, with errors that name the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::image {

/// An image is at most 512 KiB of memory and its symbols; whatever is larger than this is no image, and
/// no linked payload either.
inline constexpr std::uint64_t kMaxFileBytes = 64U << 20;

[[nodiscard]] Result<std::vector<std::byte>> read_file(const std::filesystem::path& path);

/// Replaces the file. Removes what it has written so far when it fails.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace kjump::image
