// SPDX-License-Identifier: MIT
/// Where the journal of an ext3 or ext4 file system begins: its superblock there changes whenever somebody
/// replays or uses the journal, even without writing to the file system's own superblock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <kjump/result.hpp>

namespace kjump::hibernate {

/// Bytes of the file system from this offset on; exactly so many, or an error.
using ReadBytes = std::function<Result<std::string>(std::uint64_t offset, std::size_t bytes)>;

struct JournalPlace {
  std::uint64_t offset = 0;  ///< of its superblock, in bytes from the beginning of the file system
  std::uint32_t block_bytes = 0;
};

/// None: the file system has no journal inside of itself, or is of another type.
[[nodiscard]] Result<std::optional<JournalPlace>> find_ext4_journal(const ReadBytes& read,
                                                                    const std::string& subject);

}  // namespace kjump::hibernate
