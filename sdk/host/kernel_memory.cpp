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
// fs/proc/kcore.c: parts that are not directly mapped, such as vmalloc and vmemmap, say so.
constexpr std::uint64_t kNoAddress = ~std::uint64_t{0};
// A note for each processor and VMCOREINFO, at most a page each.
constexpr std::uint64_t kLargestNotes = std::uint64_t{1} << 20;

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

// One program header of /proc/kcore, of either width.
struct CorePart {
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  std::uint64_t physical = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;
};

template <typename FileHeader, typename PartHeader>
Result<std::vector<CorePart>> read_parts(const System& system) {
  KJUMP_TRY(const std::string head, system.read_at(kCore, 0, sizeof(FileHeader)));
  FileHeader header{};
  std::memcpy(&header, head.data(), sizeof(header));
  if (header.e_phentsize != sizeof(PartHeader)) {
    return fail(ErrorCode::kMalformed, "program headers of an unknown size", kCore);
  }
  KJUMP_TRY(const std::string table,
            system.read_at(kCore, header.e_phoff, header.e_phnum * sizeof(PartHeader)));
  std::vector<CorePart> parts;
  for (std::size_t at = 0; at < table.size(); at += sizeof(PartHeader)) {
    PartHeader part{};
    std::memcpy(&part, table.data() + at, sizeof(part));
    const bool known = static_cast<decltype(part.p_paddr)>(part.p_paddr + 1) != 0;
    parts.push_back({part.p_type, part.p_offset, part.p_vaddr, known ? part.p_paddr : kNoAddress,
                     part.p_filesz, part.p_memsz});
  }
  return parts;
}

Result<std::vector<CorePart>> core_parts(const System& system) {
  KJUMP_TRY(const std::string magic, system.read_at(kCore, 0, EI_NIDENT));
  if (magic.starts_with(ELFMAG) && magic[EI_CLASS] == ELFCLASS64) {
    return read_parts<Elf64_Ehdr, Elf64_Phdr>(system);
  }
  if (magic.starts_with(ELFMAG) && magic[EI_CLASS] == ELFCLASS32) {
    return read_parts<Elf32_Ehdr, Elf32_Phdr>(system);
  }
  return fail(ErrorCode::kMalformed, "not an ELF core file", kCore);
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

namespace {

// Of the part that has all of it, by whichever address.
Result<std::string> read_part(const System& system, std::uint64_t CorePart::*base, std::uint64_t address,
                              std::size_t bytes) {
  KJUMP_TRY(const std::vector<CorePart> parts, core_parts(system));
  for (const CorePart& part : parts) {
    const std::uint64_t start = part.*base;
    if (part.type != PT_LOAD || start == kNoAddress || address < start ||
        address - start >= part.memory_bytes) {
      continue;
    }
    const std::uint64_t skip = address - start;
    if (bytes <= part.memory_bytes - skip) {
      return system.read_at(kCore, part.offset + skip, bytes);
    }
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("{} address {:#x} is not in the core file",
                          base == &CorePart::physical ? "physical" : "kernel", address),
              kCore);
}

}  // namespace

Result<std::string> read_kernel_memory(const System& system, std::uint64_t address, std::size_t bytes) {
  return read_part(system, &CorePart::address, address, bytes);
}

Result<std::string> read_physical_memory(const System& system, std::uint64_t address, std::size_t bytes) {
  return read_part(system, &CorePart::physical, address, bytes);
}

Result<std::vector<KernelMapping>> kernel_mappings(const System& system) {
  KJUMP_TRY(const std::vector<CorePart> parts, core_parts(system));
  std::vector<KernelMapping> mappings;
  for (const CorePart& part : parts) {
    if (part.type == PT_LOAD && part.physical != kNoAddress) {
      mappings.push_back({part.address, part.physical, part.memory_bytes});
    }
  }
  return mappings;
}

Result<std::string> read_kernel_notes(const System& system) {
  KJUMP_TRY(const std::vector<CorePart> parts, core_parts(system));
  for (const CorePart& part : parts) {
    if (part.type == PT_NOTE && part.file_bytes <= kLargestNotes) {
      return system.read_at(kCore, part.offset, static_cast<std::size_t>(part.file_bytes));
    }
  }
  return fail(ErrorCode::kUnsupported, "there are no notes in the core file", kCore);
}

}  // namespace kjump
