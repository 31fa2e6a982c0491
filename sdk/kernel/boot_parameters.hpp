// SPDX-License-Identifier: MIT
/// What a kernel that is started is told about its machine: struct boot_params
/// (Documentation/arch/x86/zero-page.rst), with a memory map that holds its own memory only.
#pragma once

#include <asm/bootparam.h>

#include <vector>

#include <kjump/result.hpp>

#include "host/memory_map.hpp"
#include "host/system.hpp"
#include "kernel/boot_image.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

/// The second kernel's memory map: `memory` and its part of the first MiB are RAM; all other RAM of this
/// machine is reserved, so that wherever the kernel moves itself (KASLR) it stays with what is its own.
[[nodiscard]] Result<std::vector<boot_e820_entry>> second_memory_map(const MemoryMap& machine,
                                                                     const MemoryPiece& memory);

struct BootFacts {
  MemoryPiece memory;
  Layout layout;
  std::uint64_t initrd_bytes = 0;
};

/// Screen, disk facts and the ACPI root pointer are this kernel's own (/sys/kernel/boot_params).
[[nodiscard]] Result<boot_params> make_boot_parameters(const System& system, const BootImage& image,
                                                       const BootFacts& facts);

}  // namespace kjump::two_kernels
