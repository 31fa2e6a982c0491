// SPDX-License-Identifier: MIT
/// The support directory: linker scripts, stubs and runtime that every image is linked with.
#pragma once

#include <filesystem>
#include <string_view>

#include <kjump/abi/image.hpp>
#include <kjump/result.hpp>

namespace kjump::linking {

/// "real" or "physical".
[[nodiscard]] std::string_view mode_name(abi::PayloadMode mode);

/// Files of one mode, all of which exist.
struct Support {
  std::filesystem::path script;
  std::filesystem::path runtime;
  std::filesystem::path stub;
};

/// Looks in `wanted` if it is not empty, else in $KJUMP_SUPPORT_DIR if it is set, else where this
/// program's own files are (installed or build tree).
[[nodiscard]] Result<Support> find_support(const std::filesystem::path& wanted, abi::PayloadMode mode);

}  // namespace kjump::linking
