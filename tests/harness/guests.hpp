// SPDX-License-Identifier: MIT
/// The guests of this suite.
#pragma once

#include <filesystem>
#include <string>

namespace kjump::harness {

/// The guest that CMake has assembled from guests/NAME.asm.
[[nodiscard]] inline std::filesystem::path guest(const std::string& name) {
  return std::filesystem::path(KJUMP_GUEST_DIR) / (name + ".bin");
}

}  // namespace kjump::harness
