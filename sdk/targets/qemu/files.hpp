// SPDX-License-Identifier: MIT
/// Whole files in, whole files out, with errors as values.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::targets {

[[nodiscard]] Result<std::vector<std::byte>> read_file(const std::filesystem::path& path);
/// A file that it makes is for its owner's eyes only: it may hold a payload's request or reply.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> content);
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, const std::string& content);

/// The file as text; empty when it cannot be read (logs: there may be none).
[[nodiscard]] std::string read_log(const std::filesystem::path& path);

/// The lines of a log that tell most, in their order: a kernel panic or other alarm, the last thing that was
/// not the kernel speaking, and the last lines. At most `count` of them on one line, joined by " | ",
/// unprintable characters replaced; empty for an empty log.
[[nodiscard]] std::string telling_lines(const std::string& log, std::size_t count = 4);

}  // namespace kjump::targets
