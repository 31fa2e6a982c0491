// SPDX-License-Identifier: MIT
#include "image/core_file.hpp"

namespace kjump::core_file {
namespace {

// Names and contents of notes are padded to this (gabi, "Note Section").
constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + 3) / 4 * 4;
}

}  // namespace

Elf64_Ehdr file_header(std::size_t segments) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(segments);
  return header;
}

Elf64_Phdr load_segment(std::uint64_t offset, std::uint64_t virtual_address, std::uint64_t physical,
                        std::uint64_t bytes) {
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_W | PF_X;
  segment.p_offset = offset;
  segment.p_vaddr = virtual_address;
  segment.p_paddr = physical;
  segment.p_filesz = bytes;
  segment.p_memsz = bytes;
  return segment;
}

Elf64_Phdr note_segment(std::uint64_t offset, std::uint64_t bytes) {
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = offset;
  segment.p_filesz = bytes;
  segment.p_memsz = bytes;
  return segment;
}

void append_note(std::vector<std::byte>& notes, std::string_view name, std::uint32_t type,
                 std::span<const std::byte> content) {
  Elf64_Nhdr head{};
  head.n_namesz = static_cast<Elf64_Word>(name.size() + 1);
  head.n_descsz = static_cast<Elf64_Word>(content.size());
  head.n_type = type;
  const std::size_t start = notes.size();
  append(notes, head);
  const auto text = std::as_bytes(std::span(name));
  notes.insert(notes.end(), text.begin(), text.end());
  notes.resize(start + content_offset(name));
  notes.insert(notes.end(), content.begin(), content.end());
  notes.resize(start + content_offset(name) + aligned(content.size()));
}

std::size_t content_offset(std::string_view name) {
  return sizeof(Elf64_Nhdr) + aligned(name.size() + 1);
}

}  // namespace kjump::core_file
