// SPDX-License-Identifier: MIT
/// Where the page allocator keeps its own count of free blocks, for the save payload to compare with.
#pragma once

#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/result.hpp>

#include "hibernate/vmcoreinfo.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

/// Fills in zones, free_areas and what belongs to them. A kernel that does not say enough, or has more zones
/// than there is room for, leaves zones at 0: nothing is compared then. An error: what it says cannot be.
[[nodiscard]] Result<void> find_free_areas(const System& system, const Vmcoreinfo& info,
                                           abi::hibernate::KernelFacts& facts);

}  // namespace kjump::hibernate
