// SPDX-License-Identifier: MIT
/// Looks at the user's files before the linker does, to say in plain words what is wrong with them.
#pragma once

#include <filesystem>
#include <vector>

#include <kjump/abi/image.hpp>
#include <kjump/result.hpp>

namespace kjump::linking {

/// How to compile for a mode: "compile with g++ -m32 -ffreestanding ... or nasm -f elf32".
[[nodiscard]] std::string compile_hint(abi::PayloadMode mode);

/// Every input must be a 32-bit x86 object file or an archive.
[[nodiscard]] Result<void> check_inputs(const std::vector<std::filesystem::path>& inputs,
                                        abi::PayloadMode mode);

}  // namespace kjump::linking
