// SPDX-License-Identifier: MIT
/// Image::serialize and Image::write: from a checked image to the bytes of an ELF64 file.
///
/// Written by hand, since libelf writes only to files and the layout is a straight line:
///   ELF header, program headers, note, content of each segment on pages of its own, .symtab, .strtab,
///   line tables, .shstrtab, section headers.
/// Nothing depends on time, paths or hash order: the same image gives the same bytes.
#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include <kjump/abi/layout.hpp>
#include <kjump/image.hpp>

#include "image/areas.hpp"
#include "image/file_io.hpp"
#include "image/note.hpp"

namespace kjump {
namespace {

/// An ELF string table; offset 0 is the empty string.
class Strings {
 public:
  std::uint32_t add(std::string_view text) {
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_ += text;
    bytes_ += '\0';
    return offset;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(bytes_)); }

 private:
  std::string bytes_ = std::string(1, '\0');
};

class Writer {
 public:
  explicit Writer(const Image& image) : image_(image) {}

  std::vector<std::byte> run() {
    sections_.push_back({});
    // Headers come first in the file, but their content is known last.
    programs_.reserve(1 + image_.segments().size());
    bytes_.resize(sizeof(Elf64_Ehdr) + programs_.capacity() * sizeof(Elf64_Phdr));
    add_note();
    for (const Segment& segment : image_.segments()) {
      add_segment(segment);
    }
    add_symbols();
    add_line_table(image::kLineSection, image_.line_tables().lines);
    add_line_table(image::kLineStringSection, image_.line_tables().strings);
    add_section_headers();
    put_headers();
    return std::move(bytes_);
  }

 private:
  std::uint64_t append(std::span<const std::byte> content, std::size_t alignment) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    const std::uint64_t offset = bytes_.size();
    bytes_.insert(bytes_.end(), content.begin(), content.end());
    return offset;
  }

  Elf64_Shdr& add_section(std::string_view name, std::uint32_t type, std::uint64_t offset,
                          std::uint64_t size) {
    Elf64_Shdr section{};
    section.sh_name = section_names_.add(name);
    section.sh_type = type;
    section.sh_offset = offset;
    section.sh_size = size;
    section.sh_addralign = 1;
    return sections_.emplace_back(section);
  }

  void add_note() {
    const std::vector<std::byte> note = image::encode_note(image_.info());
    const std::uint64_t offset = append(note, 4);
    Elf64_Phdr program{};
    program.p_type = PT_NOTE;
    program.p_flags = PF_R;
    program.p_offset = offset;
    program.p_filesz = note.size();
    program.p_memsz = note.size();
    program.p_align = 4;
    programs_.push_back(program);
    add_section(".note.kjump", SHT_NOTE, offset, note.size()).sh_addralign = 4;
  }

  void add_segment(const Segment& segment) {
    // Page-aligned in the file too: p_offset and p_vaddr have to agree modulo p_align.
    const bool empty = segment.content.empty();
    const std::uint64_t offset = empty ? 0 : append(segment.content, abi::kPageBytes);
    Elf64_Phdr program{};
    program.p_type = PT_LOAD;
    program.p_flags = PF_R | PF_W | PF_X;  // physical memory knows no permissions
    program.p_offset = offset;
    program.p_vaddr = segment.address;
    program.p_paddr = segment.address;
    program.p_filesz = segment.content.size();
    program.p_memsz = segment.memory_bytes;
    program.p_align = abi::kPageBytes;
    programs_.push_back(program);

    // Content and the zeros behind it are different sections, so that every symbol has one.
    const std::string name = section_name(segment.address);
    if (!empty) {
      place(add_section(name, SHT_PROGBITS, offset, segment.content.size()), segment.address,
            SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR);
    }
    if (segment.content.size() < segment.memory_bytes) {
      const auto content_bytes = static_cast<std::uint32_t>(segment.content.size());
      place(add_section(empty ? name : name + ".bss", SHT_NOBITS, offset + content_bytes,
                        segment.memory_bytes - content_bytes),
            segment.address + content_bytes, SHF_ALLOC | SHF_WRITE);
    }
  }

  static void place(Elf64_Shdr& section, std::uint32_t address, std::uint64_t flags) {
    section.sh_addr = address;
    section.sh_flags = flags;
  }

  /// ".flat" for the first segment in an area, ".flat.7c000" for others.
  [[nodiscard]] std::string section_name(std::uint32_t address) {
    const std::string_view area = image::area_name(address);
    return named_areas_.insert(area).second ? fmt::format(".{}", area)
                                            : fmt::format(".{}.{:x}", area, address);
  }

  /// Section that holds an address. Sections of segments follow the null section and the note.
  [[nodiscard]] std::uint16_t section_of(std::uint32_t address) const {
    for (std::size_t i = 2; i < sections_.size(); ++i) {
      if (address >= sections_[i].sh_addr && address - sections_[i].sh_addr < sections_[i].sh_size) {
        return static_cast<std::uint16_t>(i);
      }
    }
    return SHN_ABS;
  }

  void add_symbols() {
    Strings names;
    std::vector<Elf64_Sym> table(1);
    for (const Symbol& symbol : image_.symbols()) {
      Elf64_Sym entry{};
      entry.st_name = names.add(symbol.name);
      entry.st_shndx = section_of(symbol.address);
      // What a symbol is was not kept; debuggers tell code from data by the section.
      entry.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
      entry.st_value = symbol.address;
      entry.st_size = symbol.bytes;
      table.push_back(entry);
    }
    const auto bytes = std::as_bytes(std::span(table));
    Elf64_Shdr& symtab = add_section(".symtab", SHT_SYMTAB, append(bytes, 8), bytes.size());
    symtab.sh_link = static_cast<std::uint32_t>(sections_.size());  // .strtab comes next
    symtab.sh_info = 1;                                             // first symbol that is not local
    symtab.sh_entsize = sizeof(Elf64_Sym);
    symtab.sh_addralign = 8;
    add_section(".strtab", SHT_STRTAB, append(names.bytes(), 1), names.bytes().size());
  }

  void add_line_table(std::string_view name, std::span<const std::byte> content) {
    if (!content.empty()) {
      add_section(name, SHT_PROGBITS, append(content, 1), content.size());
    }
  }

  void add_section_headers() {
    Elf64_Shdr& section = add_section(".shstrtab", SHT_STRTAB, 0, 0);
    section.sh_offset = append(section_names_.bytes(), 1);
    section.sh_size = section_names_.bytes().size();
    section_table_ = append(std::as_bytes(std::span(sections_)), 8);
  }

  void put_headers() {
    Elf64_Ehdr header{};
    std::memcpy(static_cast<void*>(header.e_ident), ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = image_.info().kexec_entry;
    header.e_phoff = sizeof header;
    header.e_shoff = section_table_;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<std::uint16_t>(programs_.size());
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<std::uint16_t>(sections_.size());
    header.e_shstrndx = static_cast<std::uint16_t>(sections_.size() - 1);
    std::memcpy(bytes_.data(), &header, sizeof header);
    std::memcpy(bytes_.data() + sizeof header, programs_.data(), programs_.size() * sizeof(Elf64_Phdr));
  }

  const Image& image_;
  std::vector<std::byte> bytes_;
  std::vector<Elf64_Phdr> programs_;
  std::vector<Elf64_Shdr> sections_;
  Strings section_names_;
  std::set<std::string_view> named_areas_;
  std::uint64_t section_table_ = 0;
};

}  // namespace

Result<std::vector<std::byte>> Image::serialize() const {
  if (segments_.empty()) {
    return fail(ErrorCode::kInvalid, "an image without content cannot be written", info_.name);
  }
  return Writer(*this).run();
}

Result<void> Image::write(const std::filesystem::path& path) const {
  KJUMP_TRY(const auto bytes, serialize());
  return image::write_file(path, bytes);
}

}  // namespace kjump
