// SPDX-License-Identifier: MIT
#include "hibernate/elf_core.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

// struct elf_prstatus of an x86-64 kernel (linux/elfcore.h); <sys/procfs.h> has the one of this program,
// which may be of 32 bits.
constexpr std::size_t kStatusBytes = 336;
constexpr std::size_t kStatusPid = 32;
constexpr std::size_t kStatusRegisters = 112;
// Order of struct user_regs_struct (asm/user_64.h).
enum Register : std::size_t { kRip = 16, kCs, kEflags, kRsp, kSs, kFsBase, kGsBase, kDs, kEs, kFs, kGs };

template <typename Number>
constexpr Number round_up(Number value, Number to) {
  return (value + to - 1) / to * to;
}

template <typename Record>
void append(std::vector<std::byte>& bytes, const Record& record) {
  const auto view = std::as_bytes(std::span(&record, 1));
  bytes.insert(bytes.end(), view.begin(), view.end());
}

void append_note(std::vector<std::byte>& notes, std::string_view name, std::uint32_t type,
                 std::span<const std::byte> content) {
  Elf64_Nhdr head{};
  head.n_namesz = static_cast<Elf64_Word>(name.size() + 1);
  head.n_descsz = static_cast<Elf64_Word>(content.size());
  head.n_type = type;
  append(notes, head);
  const auto text = std::as_bytes(std::span(name));
  notes.insert(notes.end(), text.begin(), text.end());
  notes.resize(round_up<std::size_t>(notes.size() + 1, 4));
  notes.insert(notes.end(), content.begin(), content.end());
  notes.resize(round_up<std::size_t>(notes.size(), 4));
}

/// Registers as the save payload found them; those that it was not told are zero.
std::array<std::byte, kStatusBytes> status_of(const abi::EntryState& entry) {
  std::array<std::byte, kStatusBytes> status{};
  const auto put = [&status](std::size_t number, std::uint64_t value) {
    std::memcpy(status.data() + kStatusRegisters + number * sizeof value, &value, sizeof value);
  };
  // Process 1 stands for a processor; gdb takes 0 for none.
  constexpr std::uint32_t kPid = 1;
  std::memcpy(status.data() + kStatusPid, &kPid, sizeof kPid);
  put(kRip, entry.return_address);
  put(kCs, entry.cs);
  put(kEflags, entry.rflags);
  put(kRsp, entry.rsp);
  put(kSs, entry.ss);
  put(kFsBase, entry.fs_base);
  put(kGsBase, entry.gs_base);
  put(kDs, entry.ds);
  put(kEs, entry.es);
  put(kFs, entry.fs);
  put(kGs, entry.gs);
  return status;
}

Elf64_Ehdr elf_header(std::size_t segments) {
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

Elf64_Phdr load(std::uint64_t offset, std::uint64_t virtual_address, std::uint64_t physical,
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

/// The text's PT_LOAD points into the range that holds it, as far as that goes.
Elf64_Phdr text_segment(const ImageHeader& header, const SavedKernel& kernel, const CoreHead& head) {
  for (std::size_t i = 0; i < head.range_offset.size(); ++i) {
    const MemoryRange& range = header.ranges[i];
    const MappedRun& text = kernel.text;
    if (text.physical >= range.start && text.physical < range.end) {
      return load(head.range_offset[i] + text.physical - range.start, text.virtual_address, text.physical,
                  std::min(text.bytes, range.end - text.physical));
    }
  }
  return {};
}

}  // namespace

CoreHead make_core_head(const ImageHeader& header, const SavedKernel& kernel) {
  std::vector<std::byte> notes;
  append_note(notes, "CORE", NT_PRSTATUS, status_of(header.entry));
  append_note(notes, "VMCOREINFO", 0, std::as_bytes(std::span(kernel.vmcoreinfo)));

  constexpr std::size_t kNoteAndText = 2;
  const std::size_t segments = kNoteAndText + header.range_count;
  const std::uint64_t notes_at = sizeof(Elf64_Ehdr) + segments * sizeof(Elf64_Phdr);
  CoreHead head;
  head.file_bytes = round_up<std::uint64_t>(notes_at + notes.size(), abi::kPageBytes);
  const std::uint64_t head_bytes = head.file_bytes;
  for (std::uint32_t i = 0; i < header.range_count; ++i) {
    head.range_offset.push_back(head.file_bytes);
    head.file_bytes += header.ranges[i].end - header.ranges[i].start;
  }

  append(head.bytes, elf_header(segments));
  Elf64_Phdr note{};
  note.p_type = PT_NOTE;
  note.p_offset = notes_at;
  note.p_filesz = notes.size();
  note.p_memsz = notes.size();
  append(head.bytes, note);
  append(head.bytes, text_segment(header, kernel, head));
  for (std::uint32_t i = 0; i < header.range_count; ++i) {
    const MemoryRange& range = header.ranges[i];
    append(head.bytes, load(head.range_offset[i], kernel.page_offset + range.start, range.start,
                            range.end - range.start));
  }
  head.bytes.insert(head.bytes.end(), notes.begin(), notes.end());
  head.bytes.resize(static_cast<std::size_t>(head_bytes));
  return head;
}

}  // namespace kjump::hibernate
