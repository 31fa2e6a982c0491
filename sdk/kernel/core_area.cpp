// SPDX-License-Identifier: MIT
#include "kernel/core_area.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "hibernate/vmcoreinfo.hpp"
#include "image/core_file.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

static_assert(sizeof(format::FrameRegisters) == core_file::kRegistersBytes);

std::array<std::byte, core_file::kStatusBytes> status_without_registers() {
  std::array<std::byte, core_file::kStatusBytes> status{};
  const auto pid = static_cast<std::uint32_t>(::getpid());  // whose reboot() it is
  std::memcpy(status.data() + core_file::kStatusPid, &pid, sizeof pid);
  return status;
}

}  // namespace

Result<CoreFacts> read_core_facts(const System& system, const MemoryPiece& second) {
  if (system.kernel_names().machine != "x86_64") {
    return fail(ErrorCode::kUnsupported, "only an x86_64 kernel's memory can be told to another one",
                system.kernel_names().machine);
  }
  KJUMP_TRY(const std::vector<KernelMapping> mappings, kernel_mappings(system));
  KJUMP_TRY(const std::string kernel_notes, read_kernel_notes(system));
  KJUMP_TRY(const std::string_view vmcoreinfo, hibernate::find_vmcoreinfo(kernel_notes));
  CoreFacts facts;
  KJUMP_TRY(facts.pieces, core_pieces(MemoryMap::kernel(system), mappings, second));
  core_file::append_note(facts.notes, core_file::kStatusName, NT_PRSTATUS, status_without_registers());
  facts.registers =
      format::kCoreNotesBase + static_cast<std::uint32_t>(core_file::content_offset(core_file::kStatusName) +
                                                          core_file::kStatusRegisters);
  core_file::append_note(facts.notes, core_file::kVmcoreinfoName, 0, std::as_bytes(std::span(vmcoreinfo)));
  // The reader stops at a note without a name (fs/proc/vmcore.c: update_note_header_size_elf64).
  core_file::append(facts.notes, Elf64_Nhdr{});
  if (facts.notes.size() > format::kCoreNotesBytes) {
    return fail(ErrorCode::kLimit, fmt::format("notes of {} bytes", facts.notes.size()), "VMCOREINFO",
                fmt::format("there is room for {}", format::kCoreNotesBytes));
  }
  return facts;
}

Result<std::uint64_t> write_core(LowArea& area, const CoreFacts& facts, const CoreRoom& room) {
  const std::array<MemoryPiece, 1> notes{{{format::kCoreNotesBase, facts.notes.size()}}};
  KJUMP_TRY(const std::vector<std::byte> header, core_header(notes, facts.pieces));
  const bool is_long = header.size() > format::kCoreHeaderBytes;
  if (is_long && header.size() > room.bytes.size()) {
    return fail(ErrorCode::kLimit, fmt::format("memory lies in {} pieces", facts.pieces.size()),
                "ELF core header",
                fmt::format("there is room for {:#x} bytes",
                            std::max<std::size_t>(format::kCoreHeaderBytes, room.bytes.size())));
  }
  area.write(format::kCoreNotesBase, facts.notes);
  if (is_long) {
    std::copy(header.begin(), header.end(), room.bytes.begin());
    return room.address;
  }
  area.write(format::kCoreHeaderBase, header);
  return format::kCoreHeaderBase;
}

}  // namespace kjump::two_kernels
