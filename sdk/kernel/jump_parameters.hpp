// SPDX-License-Identifier: MIT
/// What one must know to go back into a kernel that waits in a jump: the old kjump_back_param.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/dump.hpp"

namespace kjump::two_kernels {

struct JumpParameters {
  std::string id;  ///< of the pair, in hexadecimal
  std::string name;
  std::string place;
  std::uint64_t memory_base = 0;  ///< the second kernel's
  std::uint64_t memory_bytes = 0;
  std::uint64_t crossings = 0;
  std::string first_release;
  std::string second_release;  ///< empty: it has not jumped back yet
  std::uint64_t entry = 0;     ///< where the first kernel is entered: physical, in its control page
  std::uint64_t control_page = 0;
  bool control_known = false;  ///< what follows is known
  std::uint64_t backup_map = 0;
  std::uint64_t swap_page = 0;
  std::uint64_t tables = 0;
  std::uint64_t cr3 = 0;
  abi::two_kernels::FrameRegisters registers{};
  std::uint64_t vmcoreinfo = 0;  ///< physical address of the first kernel's note; 0: not told
  std::uint64_t vmcoreinfo_bytes = 0;
};

[[nodiscard]] JumpParameters parameters_in(const abi::two_kernels::HandOff& page);

/// In the second kernel: of the first one, which waits.
[[nodiscard]] Result<JumpParameters> parameters_here(const System& system);

/// The hand-off page in a dump; an error when there is none, or nobody waits in it.
[[nodiscard]] Result<abi::two_kernels::HandOff> page_in_dump(Dump& dump);

struct DumpParameters {
  JumpParameters parameters;
  DumpFormat format = DumpFormat::kElf;
  std::optional<std::uint32_t> level;  ///< makedumpfile's -d; none: not recorded
  std::uint64_t pages = 0;
  std::uint64_t pages_there = 0;  ///< with content
};
/// Of the first kernel in a dump that the second one took.
[[nodiscard]] Result<DumpParameters> parameters_of_dump(const std::string& path);

}  // namespace kjump::two_kernels
