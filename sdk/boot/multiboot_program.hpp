// SPDX-License-Identifier: MIT
/// A boot program as one file, for GRUB's `multiboot` and QEMU's -kernel.
#pragma once

#include <cstddef>
#include <vector>

#include "boot/program.hpp"

namespace kjump::boot {

/// stubs/multiboot says what its command line may hold.
[[nodiscard]] std::vector<std::byte> multiboot_program(const Program& program);

}  // namespace kjump::boot
