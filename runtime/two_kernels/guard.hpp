// SPDX-License-Identifier: MIT
/// The guard over the second kernel (abi/guard.hpp). Physical mode, on the boot processor.
#pragma once

#include <kjump/abi/two_kernels.hpp>

namespace kjump::two_kernels {

enum class Watch {
  kArmed,    ///< somebody watches from now on
  kNone,     ///< the processor did not start; nobody watches
  kOverdue,  ///< a return for the second time: the guard has brought the processor back from the other kernel
};

/// Puts another processor on guard until the request's deadline. The jump must be ready to leave: when the
/// guard fires, this very call returns once more, with all of the jump's memory as it is now. Devices and
/// interrupt hardware are then as the second kernel had them.
[[nodiscard]] Watch set_guard(const abi::two_kernels::CrossingRequest& request);

/// The first kernel leaves without a guard; what the guard's page holds may be anything.
void no_guard();

/// Nobody watches any more: the first kernel is entered again, or was not left. Should the guard have fired
/// already, the processor does not come back from here.
void dismiss_guard();

}  // namespace kjump::two_kernels
