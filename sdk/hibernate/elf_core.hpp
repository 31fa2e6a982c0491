// SPDX-License-Identifier: MIT
/// Head of an ELF core file: what comes before memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/image.hpp>

#include "hibernate/saved_kernel.hpp"

namespace kjump::hibernate {

struct CoreHead {
  std::vector<std::byte> bytes;             ///< ELF header, program headers, notes; whole pages
  std::vector<std::uint64_t> range_offset;  ///< in the file, of each range of ImageHeader::ranges
  std::uint64_t file_bytes = 0;
};

/// PT_NOTE with the boot processor's registers and VMCOREINFO; a PT_LOAD for the kernel's text, as in Linux'
/// own /proc/vmcore, and one for each range in the direct map.
[[nodiscard]] CoreHead make_core_head(const abi::hibernate::ImageHeader& header, const SavedKernel& kernel);

}  // namespace kjump::hibernate
