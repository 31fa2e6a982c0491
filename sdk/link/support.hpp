// SPDX-License-Identifier: MIT
/// The support directory: linker scripts, stubs and runtime that every image is linked with.
#pragma once

#include <filesystem>

#include <kjump/result.hpp>

#include "image/modes.hpp"

namespace kjump::linking {

/// Files of one mode, all of which exist.
struct Support {
  std::filesystem::path script;
  std::filesystem::path runtime;
  std::filesystem::path stub;
};

/// Looks in `wanted` if it is not empty, else in $KJUMP_SUPPORT_DIR if it is set, else where this
/// program's own files are (installed or build tree).
[[nodiscard]] Result<Support> find_support(const std::filesystem::path& wanted, const image::Mode& mode);

}  // namespace kjump::linking
