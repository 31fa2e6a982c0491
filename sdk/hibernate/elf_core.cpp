// SPDX-License-Identifier: MIT
#include "hibernate/elf_core.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "image/core_file.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

// Order of struct user_regs_struct (asm/user_64.h).
enum Register : std::size_t { kRip = 16, kCs, kEflags, kRsp, kSs, kFsBase, kGsBase, kDs, kEs, kFs, kGs };

template <typename Number>
constexpr Number round_up(Number value, Number to) {
  return (value + to - 1) / to * to;
}

/// Registers as the save payload found them; those that it was not told are zero.
std::array<std::byte, core_file::kStatusBytes> status_of(const abi::EntryState& entry) {
  std::array<std::byte, core_file::kStatusBytes> status{};
  const auto put = [&status](std::size_t number, std::uint64_t value) {
    std::memcpy(status.data() + core_file::kStatusRegisters + number * sizeof value, &value, sizeof value);
  };
  // Process 1 stands for a processor; gdb takes 0 for none.
  constexpr std::uint32_t kPid = 1;
  std::memcpy(status.data() + core_file::kStatusPid, &kPid, sizeof kPid);
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

/// The text's PT_LOAD points into the range that holds it, as far as that goes.
Elf64_Phdr text_segment(const ImageHeader& header, const SavedKernel& kernel, const CoreHead& head) {
  for (std::size_t i = 0; i < head.range_offset.size(); ++i) {
    const MemoryRange& range = header.ranges[i];
    const MappedRun& text = kernel.text;
    if (text.physical >= range.start && text.physical < range.end) {
      return core_file::load_segment(head.range_offset[i] + text.physical - range.start, text.virtual_address,
                                     text.physical, std::min(text.bytes, range.end - text.physical));
    }
  }
  return {};
}

}  // namespace

CoreHead make_core_head(const ImageHeader& header, const SavedKernel& kernel) {
  std::vector<std::byte> notes;
  core_file::append_note(notes, core_file::kStatusName, NT_PRSTATUS, status_of(header.entry));
  core_file::append_note(notes, core_file::kVmcoreinfoName, 0, std::as_bytes(std::span(kernel.vmcoreinfo)));

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

  core_file::append(head.bytes, core_file::file_header(segments));
  core_file::append(head.bytes, core_file::note_segment(notes_at, notes.size()));
  core_file::append(head.bytes, text_segment(header, kernel, head));
  for (std::uint32_t i = 0; i < header.range_count; ++i) {
    const MemoryRange& range = header.ranges[i];
    core_file::append(head.bytes,
                      core_file::load_segment(head.range_offset[i], kernel.page_offset + range.start,
                                              range.start, range.end - range.start));
  }
  head.bytes.insert(head.bytes.end(), notes.begin(), notes.end());
  head.bytes.resize(static_cast<std::size_t>(head_bytes));
  return head;
}

}  // namespace kjump::hibernate
