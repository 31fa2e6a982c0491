// SPDX-License-Identifier: MIT
/// The command line of a second kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/result.hpp>

#include "kernel/boot_image.hpp"
#include "kernel/second_kernel.hpp"

namespace kjump::two_kernels {

/// Digits that the payload writes at the line's end: the address that leads back.
inline constexpr std::size_t kBackEntryDigits = 16;

/// The user's, and what a second kernel needs beside it; kLimit when that is more than it takes.
[[nodiscard]] Result<std::string> second_command_line(const StartOptions& options, const BootImage& image);

/// elfcorehdr=ADDRESS, of the same length whatever the address.
[[nodiscard]] std::string core_header_option(std::uint64_t address);
/// Where it stands in a line that second_command_line() has made. None: the user gave another, or the kernel
/// is a 32-bit one, which reads no header of a 64-bit machine.
[[nodiscard]] std::optional<std::uint32_t> core_header_at(const std::string& command_line);

}  // namespace kjump::two_kernels
