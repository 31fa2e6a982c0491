// SPDX-License-Identifier: MIT
/// A kernel whose memory is in a dump goes on: from a kernel that was started where its second one was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "host/system.hpp"
#include "kernel/dump.hpp"

namespace kjump::two_kernels {

/// What a dump holds of a pair of kernels, and what becomes of its memory.
struct RestorePlan {
  abi::two_kernels::HandOff page{};  ///< as the first kernel left it
  std::vector<MemoryPiece> pieces;   ///< to be written
};

/// What the kernel that restores is and has.
struct RestorePlace {
  abi::two_kernels::HandOff page{};  ///< its own; the one that started it is about to be overwritten
  std::uint32_t processors = 1;      ///< that are online
};

/// Compares all that must fit; the error names each thing that does not. Reads little of the dump.
[[nodiscard]] Result<RestorePlan> plan_restore(Dump& dump, const RestorePlace& place);

struct RestoreReport {
  abi::two_kernels::HandOff page{};
  DumpFacts dump;
  std::uint64_t bytes = 0;  ///< of memory
  std::uint64_t microseconds_checking = 0;
  std::uint64_t microseconds_writing = 0;
};

/// In the second kernel of a fresh boot. Reads the whole dump before the first byte is written; after that,
/// this kernel can only go on with the restored one. Afterwards go_back() goes to it.
[[nodiscard]] Result<RestoreReport> restore_kernel(System& system, std::unique_ptr<Dump> dump,
                                                   const Progress& progress);

}  // namespace kjump::two_kernels
