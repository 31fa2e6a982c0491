// SPDX-License-Identifier: MIT
/// The file of a store: room that is there and stays where it is.
#pragma once

#include <cstdint>
#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

/// Creates the file with that many bytes allocated, on a file system that a store can lie on, and waits
/// until all of that is on the disk. Nothing is left of it when that fails. It must not exist.
[[nodiscard]] Result<void> create_store_file(const System& system, const std::string& path,
                                             std::uint64_t bytes);

/// Makes the file immutable (chattr +i): nobody truncates, moves, defragments or removes it.
[[nodiscard]] Result<void> pin_file(const System& system, const std::string& path);

}  // namespace kjump::hibernate
