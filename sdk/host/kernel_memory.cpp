// SPDX-License-Identifier: MIT
#include "host/kernel_memory.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace kjump {
namespace {

constexpr const char* kSymbols = "/proc/kallsyms";
constexpr const char* kCore = "/proc/kcore";

// "ffffffff82c0b000 D gdt_page" or "... t name [module]"
void note_symbol(std::string_view line, const std::vector<std::string>& names,
                 std::map<std::string, std::uint64_t>& found) {
  const auto first = line.find(' ');
  if (first == std::string_view::npos || line.size() < first + 4) {
    return;
  }
  const std::string_view name = line.substr(first + 3);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return;
  }
  std::uint64_t address = 0;
  std::from_chars(line.data(), line.data() + first, address, 16);
  found.emplace(name, address);
}

}  // namespace

Result<std::map<std::string, std::uint64_t>> kernel_symbols(const System& system,
                                                            const std::vector<std::string>& names) {
  KJUMP_TRY(const std::string content, system.read_file(kSymbols));
  std::map<std::string, std::uint64_t> found;
  for (std::string_view rest = content; !rest.empty() && found.size() < names.size();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    note_symbol(rest.substr(0, end), names, found);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const std::string& name : names) {
    const auto entry = found.find(name);
    if (entry == found.end()) {
      return fail(ErrorCode::kUnsupported, "no symbol " + name, kSymbols,
                  "the kernel needs CONFIG_KALLSYMS_ALL");
    }
    if (entry->second == 0) {
      return fail(ErrorCode::kForbidden, "the address of " + name + " is hidden", kSymbols,
                  "set kernel.kptr_restrict to 0 or 1");
    }
  }
  return found;
}

Result<std::string> read_kernel_memory(const System& system, std::uint64_t address, std::size_t bytes) {
  KJUMP_TRY(const std::string head, system.read_at(kCore, 0, sizeof(Elf64_Ehdr)));
  Elf64_Ehdr header{};
  std::memcpy(&header, head.data(), sizeof(header));
  if (std::memcmp(&header.e_ident[0], ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return fail(ErrorCode::kMalformed, "not an ELF64 core file", kCore);
  }
  KJUMP_TRY(const std::string table,
            system.read_at(kCore, header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr)));
  for (std::size_t at = 0; at < table.size(); at += sizeof(Elf64_Phdr)) {
    Elf64_Phdr load{};
    std::memcpy(&load, table.data() + at, sizeof(load));
    if (load.p_type != PT_LOAD || address < load.p_vaddr || address - load.p_vaddr >= load.p_memsz) {
      continue;
    }
    const std::uint64_t skip = address - load.p_vaddr;
    if (bytes > load.p_memsz - skip) {
      break;
    }
    return system.read_at(kCore, load.p_offset + skip, bytes);
  }
  return fail(ErrorCode::kUnsupported, fmt::format("kernel address {:#x} is not in the core file", address),
              kCore);
}

}  // namespace kjump
