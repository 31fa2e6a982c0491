// SPDX-License-Identifier: MIT
/// ld.lld as a child process.
#pragma once

#include <filesystem>

#include <kjump/link.hpp>

#include "link/support.hpp"

namespace kjump::linking {

/// Links options.inputs with the support files into an ELF32 file at `output`.
[[nodiscard]] Result<void> run_lld(const LinkOptions& options, const Support& support,
                                   const std::filesystem::path& output);

}  // namespace kjump::linking
