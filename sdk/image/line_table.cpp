// SPDX-License-Identifier: MIT
#include "image/line_table.hpp"

#include <elf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>
#include <libelf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "image/areas.hpp"

namespace kjump::image {
namespace {

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};
struct DwarfEnd {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

// libdw reads ELF files, and takes the width of an address from their class where a table does not say it
// (before DWARF 5, as NASM writes it). An image is always a 64-bit file, its tables are of the code's class.
template <typename Header, typename Section>
std::vector<std::byte> as_file(const LineTables& tables, unsigned char elf_class, std::uint16_t machine) {
  std::string names(1, '\0');
  std::vector<std::byte> bytes(sizeof(Header));
  std::array<Section, 4> sections{};
  const auto add = [&](std::size_t index, std::string_view name, std::uint32_t type,
                       std::span<const std::byte> content) {
    sections.at(index).sh_name = static_cast<Elf32_Word>(names.size());
    names.append(name).append(1, '\0');
    sections.at(index).sh_type = type;
    sections.at(index).sh_offset = static_cast<decltype(Section::sh_offset)>(bytes.size());
    sections.at(index).sh_size = static_cast<decltype(Section::sh_size)>(content.size());
    sections.at(index).sh_addralign = 1;
    bytes.insert(bytes.end(), content.begin(), content.end());
  };
  add(1, kLineSection, SHT_PROGBITS, tables.lines);
  add(2, kLineStringSection, SHT_PROGBITS, tables.strings);
  const std::string all_names = names + '\0';  // the last one: the names' own, which nobody asks for
  add(3, {}, SHT_STRTAB, std::as_bytes(std::span(all_names)));
  bytes.resize((bytes.size() + 7) / 8 * 8);
  Header header{};
  std::memcpy(static_cast<void*>(header.e_ident), ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = elf_class;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_shoff = static_cast<decltype(Header::e_shoff)>(bytes.size());
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Section);
  header.e_shnum = static_cast<Elf32_Half>(sections.size());
  header.e_shstrndx = static_cast<Elf32_Half>(sections.size() - 1);
  std::memcpy(bytes.data(), &header, sizeof header);
  const auto table = std::as_bytes(std::span(sections));
  bytes.insert(bytes.end(), table.begin(), table.end());
  return bytes;
}

Dwarf_Addr address_of(Dwarf_Line* line) {
  Dwarf_Addr address = 0;
  dwarf_lineaddr(line, &address);
  return address;
}

std::optional<std::string> text_of(Dwarf_Line* line) {
  int number = 0;
  const char* file = dwarf_linesrc(line, nullptr, nullptr);
  if (file == nullptr || dwarf_lineno(line, &number) != 0 || number == 0) {
    return std::nullopt;
  }
  std::string text = file;
  std::replace_if(
      text.begin(), text.end(), [](unsigned char letter) { return letter < ' ' || letter == 0x7F; }, '?');
  return fmt::format("{}:{}", text, number);
}

// Rows come sorted by address. Each is good up to the next one, unless it ends a run of code.
std::optional<std::string> find_in(Dwarf_Lines* lines, std::size_t count, std::uint64_t address) {
  for (std::size_t i = 0; i + 1 < count; ++i) {
    Dwarf_Line* line = dwarf_onesrcline(lines, i);
    bool ends = false;
    if (address_of(line) <= address && address < address_of(dwarf_onesrcline(lines, i + 1)) &&
        dwarf_lineendsequence(line, &ends) == 0 && !ends) {
      return text_of(line);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string source_line(const Image& image, std::uint64_t address) {
  if (image.line_tables().lines.empty() || elf_version(EV_CURRENT) == EV_NONE) {
    return {};
  }
  const bool wide = image.info().mode == abi::PayloadMode::kLong;
  std::vector<std::byte> bytes =
      wide ? as_file<Elf64_Ehdr, Elf64_Shdr>(image.line_tables(), ELFCLASS64, EM_X86_64)
           : as_file<Elf32_Ehdr, Elf32_Shdr>(image.line_tables(), ELFCLASS32, EM_386);
  const std::unique_ptr<Elf, ElfEnd> elf(elf_memory(reinterpret_cast<char*>(bytes.data()), bytes.size()));
  const std::unique_ptr<Dwarf, DwarfEnd> dwarf(dwarf_begin_elf(elf.get(), DWARF_C_READ, nullptr));
  Dwarf_Off next = 0;
  Dwarf_CU* unit = nullptr;
  Dwarf_Files* files = nullptr;
  Dwarf_Lines* lines = nullptr;
  std::size_t file_count = 0;
  std::size_t count = 0;
  for (Dwarf_Off offset = 0; dwarf != nullptr; offset = next) {
    if (dwarf_next_lines(dwarf.get(), offset, &next, &unit, &files, &file_count, &lines, &count) != 0 ||
        next <= offset) {
      break;
    }
    if (auto found = find_in(lines, count, address)) {
      return *std::move(found);
    }
  }
  return {};
}

}  // namespace kjump::image
