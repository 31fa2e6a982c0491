// SPDX-License-Identifier: MIT
/// The machine's memory: what the save payload writes, and what firmware says there is.
#pragma once

#include <cstdint>
#include <vector>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/machine.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct MemoryKnowledge {
  std::vector<abi::hibernate::MemoryRange> ranges;  ///< sorted, whole pages
  std::vector<abi::hibernate::FirmwareRange> map;   ///< sorted; neighbours of one type are joined
  std::uint64_t pages = 0;                          ///< in all ranges
};

[[nodiscard]] Result<MemoryKnowledge> read_memory(const System& system);

/// The firmware's map alone, for a restore, which needs nothing else.
[[nodiscard]] Result<std::vector<abi::hibernate::FirmwareRange>> read_firmware_map(const System& system);

/// The number that INT 15h AX=E820h has for a type as Linux writes it; reserved for those unknown.
[[nodiscard]] std::uint32_t firmware_type(const std::string& name);

}  // namespace kjump::hibernate
