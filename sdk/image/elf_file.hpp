// SPDX-License-Identifier: MIT
/// libelf behind RAII: the only place that talks to it. Reads ELF32 and ELF64 alike, from memory.
///
/// libelf decodes the three header tables. Contents, strings and symbols are cut out of the bytes here,
/// with every offset checked, because libelf trusts more of a file than we want to.
#pragma once

#include <gelf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::image {

/// What a file has to be. The words appear in errors.
struct ElfKind {
  unsigned char elf_class;  ///< ELFCLASS32 or ELFCLASS64
  std::uint16_t type;       ///< ET_*
  std::uint16_t machine;    ///< EM_*
  std::string_view words;   ///< "a jump image (an x86-64 ELF executable)"
};

struct ElfProgramHeader {
  GElf_Phdr fields;
  std::uint64_t offset;  ///< of this header in the file
};

struct ElfSection {
  GElf_Shdr fields;
  std::uint64_t offset;  ///< of this header in the file
};

struct ElfSymbol {
  std::string_view name;
  std::uint64_t value;
  std::uint64_t bytes;
  std::uint16_t section;  ///< index or SHN_*
  unsigned char type;     ///< STT_*
  std::uint64_t offset;   ///< of this entry in the file
};

/// A parsed ELF file. Borrows the bytes that it was made from.
class ElfFile {
 public:
  [[nodiscard]] static Result<ElfFile> parse(std::span<const std::byte> bytes, std::string origin,
                                             const ElfKind& kind);

  [[nodiscard]] const GElf_Ehdr& header() const { return header_; }
  [[nodiscard]] const std::vector<ElfProgramHeader>& program_headers() const { return program_headers_; }

  /// Empty for a file without section headers.
  [[nodiscard]] Result<std::vector<ElfSection>> sections() const;

  /// Every entry of the first symbol table but the null one; empty for a stripped file.
  [[nodiscard]] Result<std::vector<ElfSymbol>> symbols(const std::vector<ElfSection>& sections) const;

  /// What the file has of the section with that name; nothing when there is none, or when it is compressed.
  [[nodiscard]] Result<std::vector<std::byte>> content_of(const std::vector<ElfSection>& sections,
                                                          std::string_view name) const;

  /// Bytes of the file. `what` ("segment content") and `mention`, the offset of the header that asks for
  /// them, go into the error when they lie outside.
  [[nodiscard]] Result<std::span<const std::byte>> slice(std::uint64_t offset, std::uint64_t size,
                                                         std::string_view what, std::uint64_t mention) const;

 private:
  struct End {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  ElfFile(std::span<const std::byte> bytes, std::string origin) : bytes_(bytes), origin_(std::move(origin)) {}

  [[nodiscard]] Result<void> check_ident(const ElfKind& kind) const;
  [[nodiscard]] Result<void> read_header(const ElfKind& kind);
  [[nodiscard]] Result<void> read_program_headers();
  template <typename Entry>
  [[nodiscard]] Result<std::vector<ElfSymbol>> decode_symbols(const ElfSection& table,
                                                              const ElfSection& strings) const;

  std::span<const std::byte> bytes_;
  std::string origin_;
  std::unique_ptr<Elf, End> elf_;
  GElf_Ehdr header_{};
  std::vector<ElfProgramHeader> program_headers_;
};

}  // namespace kjump::image
