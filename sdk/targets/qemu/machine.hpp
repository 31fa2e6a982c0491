// SPDX-License-Identifier: MIT
/// From MachineOptions to QEMU's arguments.
#pragma once

#include <string>
#include <vector>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::targets {

/// Processor, memory, chip set, disks, extras. With `ram_backend` the guest's memory is the file that
/// kRamPlaceholder stands for. Errors name a disk that is missing or that the chip set cannot carry.
[[nodiscard]] Result<std::vector<std::string>> machine_arguments(const MachineOptions& options,
                                                                 bool ram_backend);

}  // namespace kjump::targets
