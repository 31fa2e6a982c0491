// SPDX-License-Identifier: MIT
/// After a kernel that was stopped in the middle of whatever it did.
#pragma once

#include <kjump/abi/two_kernels.hpp>

namespace kjump::two_kernels {

/// The processor as the stub had it, which was reset since; and nothing that the other kernel has set up
/// writes to memory or interrupts any more. The first kernel's drivers take it from there, as they do after a
/// hibernation. Physical mode.
void silence_machine(const abi::two_kernels::CrossingRequest& request);

}  // namespace kjump::two_kernels
