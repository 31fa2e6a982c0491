// SPDX-License-Identifier: MIT
/// The machine that a kernel runs on, as far as it must be the same where that kernel is restored.
#pragma once

#include <string>
#include <vector>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

/// Of this machine. What cannot be found out is left at 0: then it is not compared.
[[nodiscard]] abi::two_kernels::MachineFacts read_machine_facts(const System& system);

/// Each thing in which `here` is not what `saved` needs, in words.
[[nodiscard]] std::vector<std::string> differences(const abi::two_kernels::MachineFacts& saved,
                                                   const abi::two_kernels::MachineFacts& here);

/// System RAM by the firmware's map, as far as there was room for it.
[[nodiscard]] std::vector<MemoryPiece> ram_of(const abi::two_kernels::MachineFacts& facts);

}  // namespace kjump::two_kernels
