// SPDX-License-Identifier: MIT
/// Memory that was kept back from this kernel at boot: crashkernel=, or memmap=SIZE$ADDRESS.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

struct ReservedPiece {
  MemoryPiece piece;
  std::string origin;  ///< "crashkernel=", "memmap="
};

/// All of at least 2 MiB, in order of address, each cut to whole pages of 2 MiB.
[[nodiscard]] std::vector<ReservedPiece> reserved_pieces(const System& system);

/// `bytes` at the beginning of one below 4 GiB that no kernel in `taken` has.
[[nodiscard]] Result<ReservedPiece> find_reserved(const System& system, std::uint64_t bytes,
                                                  const std::vector<MemoryPiece>& taken);

}  // namespace kjump::two_kernels
