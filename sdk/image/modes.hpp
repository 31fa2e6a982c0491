// SPDX-License-Identifier: MIT
/// The payload modes by name, and what their object files are.
#pragma once

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <kjump/abi/image.hpp>

namespace kjump::image {

struct Mode {
  abi::PayloadMode mode;
  std::string_view name;  ///< in command lines, file names, JSON
  unsigned char elf_class;
  std::uint16_t machine;           ///< EM_*
  std::string_view bits;           ///< of its object files, in words
  std::string_view emulation;      ///< ld.lld -m
  std::string_view stub;           ///< name of the stub's archive
  std::string_view compiler_flag;  ///< what g++ wants
  std::string_view nasm_format;
};

inline constexpr std::array<Mode, 3> kModes{{
    {abi::PayloadMode::kReal, "real", ELFCLASS32, EM_386, "32-bit", "elf_i386", "libkjump-stub.a", "-m16",
     "elf32"},
    {abi::PayloadMode::kPhysical, "physical", ELFCLASS32, EM_386, "32-bit", "elf_i386", "libkjump-stub.a",
     "-m32", "elf32"},
    {abi::PayloadMode::kLong, "long", ELFCLASS64, EM_X86_64, "64-bit", "elf_x86_64", "libkjump-stub64.a",
     "-m64 -mno-red-zone", "elf64"},
}};

/// Null for a number that is no mode, as it may stand in a file.
[[nodiscard]] constexpr const Mode* find_mode(abi::PayloadMode mode) {
  const auto* found =
      std::find_if(kModes.begin(), kModes.end(), [mode](const Mode& each) { return each.mode == mode; });
  return found == kModes.end() ? nullptr : found;
}

/// Null for a word that names none.
[[nodiscard]] constexpr const Mode* find_mode(std::string_view name) {
  const auto* found =
      std::find_if(kModes.begin(), kModes.end(), [name](const Mode& each) { return each.name == name; });
  return found == kModes.end() ? nullptr : found;
}

/// Of an image or of options, whose mode is one of them.
[[nodiscard]] constexpr const Mode& mode_of(abi::PayloadMode mode) {
  const Mode* found = find_mode(mode);
  return found != nullptr ? *found : kModes.front();
}

}  // namespace kjump::image
