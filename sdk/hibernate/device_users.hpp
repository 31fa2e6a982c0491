// SPDX-License-Identifier: MIT
/// Who uses a block device right now.
#pragma once

#include <sys/types.h>

#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

/// "it is mounted on /home", "it is swap", "dm-0 lies on it"; empty: nobody that the kernel knows of. For a
/// whole disk, users of its partitions count.
[[nodiscard]] std::string device_user(const System& system, dev_t device);

/// The file at `path` is swap in use.
[[nodiscard]] bool is_swap_file(const System& system, const std::string& path);

/// Holds a block device so that nobody mounts it meanwhile (O_EXCL). Refused, with the user's name, when
/// somebody has it.
[[nodiscard]] Result<UniqueFd> claim_device(const System& system, const std::string& path, dev_t device);

}  // namespace kjump::hibernate
