// SPDX-License-Identifier: MIT
#include "image/elf_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "image/places.hpp"

namespace kjump::image {
namespace {

// More than any file that this program reads has; keeps a hostile one from costing memory.
constexpr std::uint16_t kMaxProgramHeaders = 256;

template <typename T>
T load(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// The NUL-terminated string at an offset; nothing when it has no end inside the table.
std::optional<std::string_view> string_at(std::span<const std::byte> table, std::uint64_t offset) {
  if (offset >= table.size()) {
    return std::nullopt;
  }
  const auto rest = table.subspan(static_cast<std::size_t>(offset));
  const auto end = std::find(rest.begin(), rest.end(), std::byte{0});
  if (end == rest.end()) {
    return std::nullopt;
  }
  return std::string_view(reinterpret_cast<const char*>(rest.data()),
                          static_cast<std::size_t>(end - rest.begin()));
}

Failure libelf_failure(const std::string& what, const std::string& subject) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: {}", what, elf_errmsg(-1)), subject);
}

}  // namespace

Result<ElfFile> ElfFile::parse(std::span<const std::byte> bytes, std::string origin, const ElfKind& kind) {
  ElfFile file(bytes, std::move(origin));
  KJUMP_CHECK(file.check_ident(kind));
  if (elf_version(EV_CURRENT) == EV_NONE) {
    return libelf_failure("libelf is of another age", file.origin_);
  }
  // libelf wants a mutable pointer but only reads: nothing here asks it to update.
  auto* start = reinterpret_cast<char*>(const_cast<std::byte*>(bytes.data()));
  file.elf_.reset(elf_memory(start, bytes.size()));
  if (file.elf_ == nullptr) {
    return libelf_failure("cannot read the ELF file", at(file.origin_, 0));
  }
  KJUMP_CHECK(file.read_header(kind));
  KJUMP_CHECK(file.read_program_headers());
  return file;
}

Result<void> ElfFile::check_ident(const ElfKind& kind) const {
  const auto refuse = [&](std::string_view why, std::uint64_t offset) {
    return fail(ErrorCode::kMalformed, fmt::format("not {}: {}", kind.words, why), at(origin_, offset));
  };
  if (bytes_.size() < SELFMAG || std::memcmp(bytes_.data(), ELFMAG, SELFMAG) != 0) {
    return refuse("it is no ELF file", 0);
  }
  const std::size_t header_bytes = kind.elf_class == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
  if (bytes_.size() < header_bytes) {
    return refuse("the ELF header is cut off", bytes_.size());
  }
  const auto ident = [&](std::size_t index) { return std::to_integer<unsigned char>(bytes_[index]); };
  if (ident(EI_CLASS) != kind.elf_class) {
    return refuse(ident(EI_CLASS) == ELFCLASS64 ? "it is 64-bit" : "it is of another ELF class", EI_CLASS);
  }
  if (ident(EI_DATA) != ELFDATA2LSB) {
    return refuse("it is not little-endian", EI_DATA);
  }
  return {};
}

Result<void> ElfFile::read_header(const ElfKind& kind) {
  const bool wide = kind.elf_class == ELFCLASS64;
  if (gelf_getehdr(elf_.get(), &header_) == nullptr) {
    return libelf_failure("cannot read the ELF header", at(origin_, 0));
  }
  const auto refuse = [&](std::string_view why, std::size_t offset) {
    return fail(ErrorCode::kMalformed, fmt::format("not {}: {}", kind.words, why), at(origin_, offset));
  };
  if (header_.e_type != kind.type) {
    return refuse(fmt::format("ELF type is {}, not {}", header_.e_type, kind.type),
                  offsetof(Elf64_Ehdr, e_type));
  }
  if (header_.e_machine != kind.machine) {
    return refuse(fmt::format("ELF machine is {}, not {}", header_.e_machine, kind.machine),
                  offsetof(Elf64_Ehdr, e_machine));
  }
  if (header_.e_phnum > kMaxProgramHeaders) {
    return refuse(fmt::format("it has {} program headers", header_.e_phnum),
                  wide ? offsetof(Elf64_Ehdr, e_phnum) : offsetof(Elf32_Ehdr, e_phnum));
  }
  if (header_.e_phnum != 0 && header_.e_phentsize != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr))) {
    return refuse(fmt::format("program headers of {} bytes", header_.e_phentsize),
                  wide ? offsetof(Elf64_Ehdr, e_phentsize) : offsetof(Elf32_Ehdr, e_phentsize));
  }
  return {};
}

Result<void> ElfFile::read_program_headers() {
  const std::size_t count = header_.e_phnum;
  const std::size_t each = header_.e_phentsize;
  KJUMP_CHECK(slice(header_.e_phoff, count * each, "program header table", 0));
  for (std::size_t index = 0; index < count; ++index) {
    ElfProgramHeader entry{{}, header_.e_phoff + index * each};
    if (gelf_getphdr(elf_.get(), static_cast<int>(index), &entry.fields) == nullptr) {
      return libelf_failure("cannot read a program header", at(origin_, entry.offset));
    }
    program_headers_.push_back(entry);
  }
  return {};
}

Result<std::vector<ElfSection>> ElfFile::sections() const {
  std::vector<ElfSection> result;
  if (header_.e_shnum == 0) {
    return result;
  }
  const bool wide = header_.e_ident[EI_CLASS] == ELFCLASS64;
  const std::size_t each = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
  if (header_.e_shentsize != each) {
    return fail(ErrorCode::kMalformed, fmt::format("section headers of {} bytes", header_.e_shentsize),
                at(origin_, wide ? offsetof(Elf64_Ehdr, e_shentsize) : offsetof(Elf32_Ehdr, e_shentsize)));
  }
  KJUMP_CHECK(slice(header_.e_shoff, std::uint64_t{header_.e_shnum} * each, "section header table", 0));
  for (std::size_t index = 0; index < header_.e_shnum; ++index) {
    ElfSection section{{}, header_.e_shoff + index * each};
    Elf_Scn* handle = elf_getscn(elf_.get(), index);
    if (handle == nullptr || gelf_getshdr(handle, &section.fields) == nullptr) {
      return libelf_failure("cannot read a section header", at(origin_, section.offset));
    }
    result.push_back(section);
  }
  return result;
}

Result<std::vector<ElfSymbol>> ElfFile::symbols(const std::vector<ElfSection>& sections) const {
  const auto table = std::find_if(sections.begin(), sections.end(), [](const ElfSection& section) {
    return section.fields.sh_type == SHT_SYMTAB;
  });
  if (table == sections.end()) {
    return std::vector<ElfSymbol>{};
  }
  if (table->fields.sh_link >= sections.size() ||
      sections[table->fields.sh_link].fields.sh_type != SHT_STRTAB) {
    return fail(ErrorCode::kMalformed, "the symbol table has no string table", at(origin_, table->offset));
  }
  const ElfSection& strings = sections[table->fields.sh_link];
  return header_.e_ident[EI_CLASS] == ELFCLASS64 ? decode_symbols<Elf64_Sym>(*table, strings)
                                                 : decode_symbols<Elf32_Sym>(*table, strings);
}

template <typename Entry>
Result<std::vector<ElfSymbol>> ElfFile::decode_symbols(const ElfSection& table,
                                                       const ElfSection& strings) const {
  const auto& fields = table.fields;
  KJUMP_TRY(const auto entries, slice(fields.sh_offset, fields.sh_size, "symbol table", table.offset));
  KJUMP_TRY(const auto names,
            slice(strings.fields.sh_offset, strings.fields.sh_size, "string table", strings.offset));
  if (entries.size() % sizeof(Entry) != 0) {
    return fail(ErrorCode::kMalformed, fmt::format("symbol table of {} bytes is cut off", entries.size()),
                at(origin_, table.offset));
  }
  std::vector<ElfSymbol> result;
  for (std::size_t position = sizeof(Entry); position < entries.size(); position += sizeof(Entry)) {
    const auto entry = load<Entry>(entries.subspan(position, sizeof(Entry)));
    const std::uint64_t offset = fields.sh_offset + position;
    const auto name = string_at(names, entry.st_name);
    if (!name) {
      return fail(ErrorCode::kMalformed, "a symbol's name lies outside the string table",
                  at(origin_, offset));
    }
    result.push_back({*name, entry.st_value, entry.st_size, entry.st_shndx,
                      static_cast<unsigned char>(ELF64_ST_TYPE(entry.st_info)), offset});
  }
  return result;
}

Result<std::vector<std::byte>> ElfFile::content_of(const std::vector<ElfSection>& sections,
                                                   std::string_view name) const {
  if (header_.e_shstrndx >= sections.size() || sections[header_.e_shstrndx].fields.sh_type != SHT_STRTAB) {
    return std::vector<std::byte>{};
  }
  const ElfSection& strings = sections[header_.e_shstrndx];
  KJUMP_TRY(const auto names,
            slice(strings.fields.sh_offset, strings.fields.sh_size, "section names", strings.offset));
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const ElfSection& section) {
    return section.fields.sh_type == SHT_PROGBITS && (section.fields.sh_flags & SHF_COMPRESSED) == 0 &&
           string_at(names, section.fields.sh_name) == name;
  });
  if (found == sections.end()) {
    return std::vector<std::byte>{};
  }
  KJUMP_TRY(const auto content, slice(found->fields.sh_offset, found->fields.sh_size, name, found->offset));
  return std::vector<std::byte>(content.begin(), content.end());
}

Result<std::span<const std::byte>> ElfFile::slice(std::uint64_t offset, std::uint64_t size,
                                                  std::string_view what, std::uint64_t mention) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) {
    return fail(ErrorCode::kMalformed,
                fmt::format("{} of {:#x} bytes at {:#x} lies outside the file of {:#x} bytes", what, size,
                            offset, bytes_.size()),
                at(origin_, mention), "the file is cut off or damaged; build it again");
  }
  return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

}  // namespace kjump::image
