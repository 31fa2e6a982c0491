// SPDX-License-Identifier: MIT
/// Programs that run in a guest without libraries.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::targets {

/// The parts of a statically linked x86-64 program that Linux loads: symbols and debug information, most of
/// the file, stay behind. An error when `bytes` is no such program; `origin` stands for the path in errors.
[[nodiscard]] Result<std::vector<std::byte>> loadable_part(std::vector<std::byte> bytes,
                                                           const std::string& origin);

/// busybox of this machine.
[[nodiscard]] Result<std::vector<std::byte>> busybox_program();

/// The kjump program for the guest: KJUMP_AGENT, else this very program if it is kjump.
[[nodiscard]] Result<std::vector<std::byte>> agent_program();

}  // namespace kjump::targets
