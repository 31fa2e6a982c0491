// SPDX-License-Identifier: MIT
/// Leaving a jump into a kernel that begins.
#pragma once

#include <stdint.h>

namespace kjump::two_kernels {

/// When kjump_main returns, the processor goes to `entry` instead of back: by the 64-bit boot protocol on the
/// page tables, or with paging off by the 32-bit one when there are none (Documentation/arch/x86/boot.rst).
/// The kernel finds its boot_params at abi::two_kernels::kBootParametersBase. Physical mode.
void start_kernel(uint64_t entry, uint64_t page_tables);

}  // namespace kjump::two_kernels
