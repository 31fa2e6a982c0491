// SPDX-License-Identifier: MIT
/// Which programs a guest's kernel can run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace kjump::targets {

/// Of the kernel, and so of the programs in the guest.
enum class Width { k64, k32 };

/// What the boot header of a bzImage says (Documentation/arch/x86/boot.rst: xloadflags, XLF_KERNEL_64). One
/// that does not say, of before Linux 3.8 or no bzImage at all, passes for a 64-bit kernel.
[[nodiscard]] Width width_of_kernel(std::span<const std::byte> bz_image);
[[nodiscard]] Width width_of_kernel(const std::filesystem::path& kernel);

}  // namespace kjump::targets
