// SPDX-License-Identifier: MIT
/// The kernel's log, for what the kernel says nowhere else.
#pragma once

#include <string>
#include <vector>

#include "host/system.hpp"

namespace kjump::hibernate {

/// The messages that are still there, oldest first, without level and time. None when it cannot be read.
[[nodiscard]] std::vector<std::string> kernel_log(const System& system);

}  // namespace kjump::hibernate
