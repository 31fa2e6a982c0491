// SPDX-License-Identifier: MIT
/// Where the sectors of a block device lie on a whole disk.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "hibernate/extents.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

struct BlockDevice {
  std::string name;  ///< the kernel's: "sda2", "dm-0"
  std::string disk;  ///< the whole disk's: "sda"
  std::uint64_t sectors = 0;
  std::uint64_t disk_sectors = 0;
  std::uint32_t logical_block_bytes = abi::hibernate::kSectorBytes;
  std::vector<Segment> segments;  ///< in order, without gaps
};

/// Partitions, whole disks, and linear mappings of them. All else is refused with the reason
/// (hibernation.md 5).
[[nodiscard]] Result<BlockDevice> find_block_device(const System& system, dev_t device);

}  // namespace kjump::hibernate
