// SPDX-License-Identifier: MIT
/// Processor features as the kernel uses them.
#pragma once

#include <string>

#include "host/system.hpp"

namespace kjump {

/// Is the word in the flags line of /proc/cpuinfo? False when there is no such line.
[[nodiscard]] bool has_cpu_flag(const System& system, const std::string& flag);

}  // namespace kjump
