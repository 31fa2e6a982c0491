// SPDX-License-Identifier: MIT
#include "link/inputs.hpp"

#include <ar.h>
#include <elf.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace kjump::linking {
namespace {

constexpr std::string_view kThinArchive = "!<thin>\n";

/// What is wrong with a file that starts with these bytes; empty: nothing.
std::string complaint(std::string_view start, const image::Mode& mode) {
  if (start.starts_with(std::string_view(ARMAG, SARMAG)) || start.starts_with(kThinArchive)) {
    return {};  // members are the linker's to judge
  }
  if (!start.starts_with(std::string_view(ELFMAG, SELFMAG))) {
    return "the input is neither an object file nor an archive";
  }
  Elf32_Ehdr header{};  // as far as it is looked at here, the 64-bit one is the same
  if (start.size() < sizeof header) {
    return "the object file is cut off";
  }
  std::memcpy(&header, start.data(), sizeof header);
  if (header.e_machine != EM_386 && header.e_machine != EM_X86_64) {
    return "the object file is not for x86";
  }
  if (header.e_ident[EI_CLASS] != mode.elf_class || header.e_machine != mode.machine) {
    return fmt::format("the object file is {}, a payload of mode {} is {}",
                       header.e_machine == EM_X86_64 ? "64-bit" : "32-bit", mode.name, mode.bits);
  }
  if (header.e_type != ET_REL) {
    return "the input is linked already; give object files";
  }
  return {};
}

Result<void> check_input(const std::filesystem::path& path, const image::Mode& mode) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::array<char, sizeof(Elf32_Ehdr)> start{};
  if (!file) {
    return fail_errno("cannot open the input", path.string());
  }
  file.read(start.data(), start.size());
  if (file.bad()) {
    return fail_errno("cannot read the input", path.string());
  }
  std::string text = complaint({start.data(), static_cast<std::size_t>(file.gcount())}, mode);
  if (!text.empty()) {
    return fail(ErrorCode::kMalformed, std::move(text), path.string(), compile_hint(mode));
  }
  return {};
}

}  // namespace

std::string compile_hint(const image::Mode& mode) {
  return fmt::format(
      "compile it with g++ {} -ffreestanding -fno-pic -fno-exceptions -fno-rtti -c, or nasm -f {}",
      mode.compiler_flag, mode.nasm_format);
}

Result<void> check_inputs(const std::vector<std::filesystem::path>& inputs, const image::Mode& mode) {
  if (inputs.empty()) {
    return fail(ErrorCode::kInvalid, "nothing to link", {}, "give the payload's object files");
  }
  for (const std::filesystem::path& input : inputs) {
    KJUMP_CHECK(check_input(input, mode));
  }
  return {};
}

}  // namespace kjump::linking
