// SPDX-License-Identifier: MIT
/// Page tables with which a kernel is entered in long mode: virtual equals physical, four levels, 2 MiB
/// pages.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <kjump/result.hpp>

#include "kernel/layout.hpp"

namespace kjump::two_kernels {

/// Tables for these pieces, to be put at `base`; the first one is the root. An error when they take more than
/// kTableBytes.
[[nodiscard]] Result<std::vector<std::uint64_t>> identity_tables(std::span<const MemoryPiece> pieces,
                                                                 std::uint64_t base);

}  // namespace kjump::two_kernels
