// SPDX-License-Identifier: MIT
/// What debuggers must know of the kernel in an image: its VMCOREINFO and where its virtual addresses lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "hibernate/image_reader.hpp"

namespace kjump::hibernate {

/// A run of virtual addresses that map to a run of physical ones.
struct MappedRun {
  std::uint64_t virtual_address = 0;
  std::uint64_t physical = 0;
  std::uint64_t bytes = 0;
};

struct SavedKernel {
  std::string vmcoreinfo;         ///< text of the note
  std::uint64_t page_offset = 0;  ///< virtual address of physical 0 in the direct map
  MappedRun text;                 ///< the kernel itself, where it is linked to run
};

/// Only x86-64: an i386 kernel's core has no direct map of all memory.
[[nodiscard]] Result<SavedKernel> find_saved_kernel(ImageReader& image);

/// Value of a line "KEY=VALUE" of VMCOREINFO, decimal (NUMBER) or hexadecimal (SYMBOL, KERNELOFFSET).
[[nodiscard]] std::optional<std::uint64_t> vmcoreinfo_value(const std::string& text, const std::string& key,
                                                            int base);

}  // namespace kjump::hibernate
