// SPDX-License-Identifier: MIT
/// The table of a device-mapper device: what LVM, dm-crypt and their like lay over disks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

/// A line of `dmsetup table`; 512-byte sectors.
struct DmTarget {
  std::uint64_t first = 0;
  std::uint64_t sectors = 0;
  std::string type;        ///< "linear", "crypt", ...
  std::string parameters;  ///< as the type has them
};
[[nodiscard]] Result<std::vector<DmTarget>> read_dm_table(const System& system, dev_t device);

/// Parameters of a linear target: "8:2 2048".
struct DmLinear {
  dev_t device = 0;
  std::uint64_t offset = 0;
};
[[nodiscard]] Result<DmLinear> parse_dm_linear(const std::string& parameters);

}  // namespace kjump::hibernate
