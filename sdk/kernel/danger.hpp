// SPDX-License-Identifier: MIT
/// What would go wrong with a second kernel, as far as it can be told before it runs.
#pragma once

#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/boot_image.hpp"

namespace kjump::two_kernels {

/// Its command line names a block device that this kernel has mounted, swaps to, or that something lies on.
[[nodiscard]] Result<void> check_disks(const System& system, const std::string& command_line);

/// Its configuration says that it has no KEXEC_JUMP: it could be entered, but would never come back. Looked
/// for beside the kernel's file; nothing found is no error, and `known` then is false.
[[nodiscard]] Result<void> check_configuration(const System& system, const BootImage& image,
                                               const std::string& path, bool& known);

}  // namespace kjump::two_kernels
