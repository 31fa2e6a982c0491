// SPDX-License-Identifier: MIT
/// What the kernel does with its pages (Documentation/admin-guide/mm/pagemap.rst: /proc/kpageflags).
#pragma once

#include <cstdint>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// Some pages that lie side by side.
struct PageUse {
  std::uint32_t free = 0;
  /// Taken before the kernel had an allocator (its own text and data, per-CPU areas, page tables, struct
  /// page), taken for good since, broken, or no memory at all.
  std::uint32_t held = 0;
};

/// For each `unit` bytes in [start, end), all multiples of the unit.
[[nodiscard]] Result<std::vector<PageUse>> page_use(const System& system, std::uint64_t start,
                                                    std::uint64_t end, std::uint64_t unit);

}  // namespace kjump
