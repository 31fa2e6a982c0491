// SPDX-License-Identifier: MIT
/// Looks at the user's files before the linker does, to say in plain words what is wrong with them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "image/modes.hpp"

namespace kjump::linking {

/// How to compile for a mode: "compile with g++ -m32 -ffreestanding ... or nasm -f elf32".
[[nodiscard]] std::string compile_hint(const image::Mode& mode);

/// Every input must be an object file as the mode has them, or an archive.
[[nodiscard]] Result<void> check_inputs(const std::vector<std::filesystem::path>& inputs,
                                        const image::Mode& mode);

}  // namespace kjump::linking
