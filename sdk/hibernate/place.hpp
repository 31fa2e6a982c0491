// SPDX-License-Identifier: MIT
/// Where a partition or a file lies on its whole disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct Place {
  std::string disk;  ///< the kernel's name: "sda"
  std::uint64_t disk_sectors = 0;
  std::uint64_t blocks = 0;
  std::vector<abi::hibernate::Extent> extents;
  bool file = false;
  bool untouched = false;  ///< a file that was never written through its file system
};

/// Of what `path` is now: a block device or a regular file.
[[nodiscard]] Result<Place> locate(const System& system, const std::string& path);

/// "/dev/sda" for "sda".
[[nodiscard]] std::string device_path(const std::string& name);

}  // namespace kjump::hibernate
