// SPDX-License-Identifier: MIT
/// Where a file's bytes lie on its file system's device, for file systems that leave them there.
#pragma once

#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "hibernate/extents.hpp"

namespace kjump::hibernate {

struct FileMap {
  std::vector<ByteRun> runs;
  bool untouched = true;  ///< nothing was ever written through the file system: it reads as zeros
};

/// Refuses file systems that move blocks, span devices, or are not on a disk (hibernation.md 5).
[[nodiscard]] Result<void> check_file_system(int fd, const std::string& path);

/// Refuses those too, and files with extents that a disk driver cannot find its way by (hibernation.md 5.4).
[[nodiscard]] Result<FileMap> map_file(int fd, const std::string& path);

}  // namespace kjump::hibernate
