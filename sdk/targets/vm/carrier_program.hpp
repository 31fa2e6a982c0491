// SPDX-License-Identifier: MIT
/// The carrier as a file for QEMU's -kernel.
#pragma once

#include <filesystem>

#include <kjump/result.hpp>

#include "targets/qemu/artifacts.hpp"

namespace kjump::targets {

/// The carrier that is built into this program, unpacked; or the one that KJUMP_VM_CARRIER names.
[[nodiscard]] Result<std::filesystem::path> carrier_program(const Artifacts& artifacts);

}  // namespace kjump::targets
