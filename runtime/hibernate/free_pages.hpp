// SPDX-License-Identifier: MIT
/// The kernel's free pages, found in its own page structures (hibernation.md 4).
#pragma once

#include <kjump/abi/hibernate/kernel.hpp>
#include "hibernate/failure.hpp"
#include "hibernate/page_map.hpp"

namespace kjump::hibernate {

struct PageCounts {
  uint64_t free = 0;         ///< in blocks of the buddy allocator, by the page structures
  uint64_t kernel_free = 0;  ///< the same by the kernel's own counters; kUnknownCount
  uint64_t skipped = 0;      ///< offline, broken, or never saved
};

/// Marks as data what must be saved, of all pages of the map. Reads memory, changes nothing but the bitmaps.
[[nodiscard]] Failure mark_pages(const format::KernelFacts& facts, const Workspace& workspace, PageMap& map,
                                 PageCounts& counts);

}  // namespace kjump::hibernate
