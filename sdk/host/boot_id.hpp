// SPDX-License-Identifier: MIT
/// Which boot of Linux this is (Documentation/admin-guide/sysctl/kernel.rst, random/boot_id).
#pragma once

#include <array>
#include <cstdint>

#include "host/system.hpp"

namespace kjump {

using BootId = std::array<std::uint32_t, 4>;

/// All zeros when the kernel does not say.
[[nodiscard]] BootId read_boot_id(const System& system);

}  // namespace kjump
