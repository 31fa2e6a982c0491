// SPDX-License-Identifier: MIT
/// Where a kernel stands that has jumped: the frame to which its relocate_kernel will return.
#pragma once

#include <kjump/abi/two_kernels.hpp>

namespace kjump::two_kernels {

/// Reads it from the control page and the stack of the kernel that this jump came from; frame_known says
/// whether they are what an x86_64 kernel before 6.14 leaves there.
void read_frame(abi::two_kernels::KernelRecord& record);

}  // namespace kjump::two_kernels
