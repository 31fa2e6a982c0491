// SPDX-License-Identifier: MIT
/// Programs that run in a guest without libraries.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "targets/linux_vm/kernel_width.hpp"

namespace kjump::targets {

/// The parts of a statically linked x86-64 or i386 program that Linux loads: symbols and debug information,
/// most of the file, stay behind. An error when `bytes` is no such program; `origin` stands for the path in
/// errors.
[[nodiscard]] Result<std::vector<std::byte>> loadable_part(std::vector<std::byte> bytes, Width width,
                                                           const std::string& origin);

/// busybox of this machine, or the one that scripts/i386 has fetched.
[[nodiscard]] Result<std::vector<std::byte>> busybox_program(Width width);

/// The kjump program for the guest: KJUMP_AGENT, else this very program if it is kjump; for an i386 kernel
/// kjump-i386 beside that.
[[nodiscard]] Result<std::vector<std::byte>> agent_program(Width width);

}  // namespace kjump::targets
