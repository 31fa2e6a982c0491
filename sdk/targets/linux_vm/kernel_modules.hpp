// SPDX-License-Identifier: MIT
/// Modules that a kernel needs before a job can run: distributions build drivers apart from their kernels.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kjump/linux_vm.hpp>
#include <kjump/result.hpp>

namespace kjump::targets {

/// File names, in the order in which they load, from the text of a `load-order` file: one per line, # begins
/// a comment. Errors: a name that is no plain file name of a module, one that comes twice. `origin` stands
/// for the path in errors.
[[nodiscard]] Result<std::vector<std::string>> parse_load_order(const std::string& text,
                                                                const std::string& origin);

/// What scripts/kernel has put beside this bzImage, under modules/, in the order in which it loads, with
/// paths for the guest; nothing when there is no such directory.
[[nodiscard]] Result<std::vector<GuestFile>> modules_of(const std::filesystem::path& kernel);

/// In the guest: loads them. A module that does not find its device or processor feature is no failure.
[[nodiscard]] Result<void> insert_modules(const std::vector<std::string>& paths);

}  // namespace kjump::targets
