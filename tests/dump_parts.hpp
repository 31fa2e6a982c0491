// SPDX-License-Identifier: MIT
/// Small dumps for the tests of what reads them.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace kjump::tests {

using DumpBytes = std::vector<std::byte>;

inline constexpr const char* kDumpInfo = "OSRELEASE=6.12.1\nPAGESIZE=4096\n";
inline constexpr std::uint64_t kDumpPage = 4096;

/// What a page of a test's memory holds: each something else; every fourth is zero, some do not compress.
inline DumpBytes dump_page(std::uint64_t frame) {
  constexpr std::uint64_t kScatter = 2'654'435'761;  // 2^32 by the golden ratio
  DumpBytes page(kDumpPage);
  for (std::size_t i = 0; frame % 4 != 0 && i < page.size(); ++i) {
    page[i] = static_cast<std::byte>(frame % 64 == 5
                                         ? (frame * kDumpPage + i) * kScatter >> 20
                                         : frame * 7 + (i & (frame % 8 == 1 ? 0x3F : 0x1)) * 37 + i / 256);
  }
  return page;
}

template <typename Record>
void append_record(DumpBytes& to, const Record& record) {
  const auto bytes = std::as_bytes(std::span(&record, 1));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

struct ElfPart {
  std::uint64_t physical = 0;
  std::uint64_t there = 0;  ///< pages with content
  std::uint64_t pages = 0;
};

/// Vmcoreinfo's note.
inline DumpBytes dump_notes(const std::string& info, const std::string& name = "VMCOREINFO") {
  DumpBytes notes;
  append_record(
      notes, Elf64_Nhdr{static_cast<Elf64_Word>(name.size() + 1), static_cast<Elf64_Word>(info.size()), 0});
  for (const std::string& text : {name + '\0', info}) {
    const auto bytes = std::as_bytes(std::span(text));
    notes.insert(notes.end(), bytes.begin(), bytes.end());
    notes.resize((notes.size() + 3) / 4 * 4);
  }
  return notes;
}

inline DumpBytes make_elf_dump(const std::vector<ElfPart>& parts, const DumpBytes& notes) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(parts.size() + 1);
  DumpBytes file;
  append_record(file, header);
  std::uint64_t at = sizeof header + header.e_phnum * sizeof(Elf64_Phdr);
  append_record(file, Elf64_Phdr{PT_NOTE, 0, at, 0, 0, notes.size(), notes.size(), 0});
  at += notes.size();
  for (const ElfPart& part : parts) {
    append_record(file, Elf64_Phdr{PT_LOAD, PF_R, at, 0, part.physical, part.there * kDumpPage,
                                   part.pages * kDumpPage, 0});
    at += part.there * kDumpPage;
  }
  file.insert(file.end(), notes.begin(), notes.end());
  for (const ElfPart& part : parts) {
    for (std::uint64_t i = 0; i < part.there; ++i) {
      const DumpBytes page = dump_page(part.physical / kDumpPage + i);
      file.insert(file.end(), page.begin(), page.end());
    }
  }
  return file;
}

}  // namespace kjump::tests
