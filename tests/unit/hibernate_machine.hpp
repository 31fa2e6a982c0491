// SPDX-License-Identifier: MIT
/// Adds to the whole machine of host_machine.hpp what hibernation looks at: a /proc/kcore with VMCOREINFO and
/// memory sections, as Linux 6.1 or 6.12 would have them.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "unit/host_machine.hpp"

namespace kjump::test {

inline constexpr std::uint64_t kSectionTable = 0xFFFF'8880'0010'0000;
inline constexpr std::uint64_t kSectionRoot = 0xFFFF'8880'0020'0000;
inline constexpr std::uint64_t kVmemmap = 0xFFF2'0550'C000'0000;

template <typename Value>
std::string raw(const Value& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// A note as the kernel writes it: name and content each filled up to a multiple of four.
inline std::string elf_note(const std::string& name, const std::string& content) {
  const auto filled = [](std::string text) {
    text.resize((text.size() + 3) / 4 * 4);
    return text;
  };
  Elf64_Nhdr header{};
  header.n_namesz = static_cast<Elf64_Word>(name.size() + 1);
  header.n_descsz = static_cast<Elf64_Word>(content.size());
  return raw(header) + filled(name + '\0') + filled(content);
}

/// What both kernels say alike.
inline std::string vmcoreinfo_of_both() {
  return "PAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff82c10000\nNUMBER(phys_base)=-132120576\n"
         "SYMBOL(mem_section)=ffff888000100000\nLENGTH(mem_section)=2\nSIZE(mem_section)=32\n"
         "SIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page._mapcount)=48\nOFFSET(page.private)=40\n"
         "LENGTH(zone.free_area)=11\nNUMBER(pgtable_l5_enabled)=1\nNUMBER(sme_mask)=0\n"
         "KERNELOFFSET=1a000000\nNUMBER(PG_hwpoison)=22\n";
}
inline std::string vmcoreinfo_6_12() {
  return "OSRELEASE=6.12.117+deb12-amd64\n" + vmcoreinfo_of_both() +
         "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-251658240\n"
         "SYMBOL(vmemmap)=fff20550c0000000\n";
}
inline std::string vmcoreinfo_6_1() {
  return "OSRELEASE=6.1.0-56-amd64\n" + vmcoreinfo_of_both() +
         "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n";
}

struct CorePiece {
  std::uint64_t address;
  std::string content;
};

/// An ELF core file with these notes and this memory.
inline std::string core_file(const std::string& notes, const std::vector<CorePiece>& memory) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_phoff = sizeof(header);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(memory.size() + 1);
  std::uint64_t offset = sizeof(header) + header.e_phnum * sizeof(Elf64_Phdr);
  std::string table;
  std::string content;
  const auto add = [&](std::uint32_t type, std::uint64_t address, const std::string& bytes) {
    Elf64_Phdr part{};
    part.p_type = type;
    part.p_offset = offset + content.size();
    part.p_vaddr = address;
    part.p_filesz = part.p_memsz = bytes.size();
    table += raw(part);
    content += bytes;
  };
  add(PT_NOTE, 0, notes);
  for (const CorePiece& piece : memory) {
    add(PT_LOAD, piece.address, piece.content);
  }
  return raw(header) + table + content;
}

/// A root of memory sections: 32 bytes each; those of `present` have this word.
inline std::string section_root(const std::vector<std::uint64_t>& words) {
  std::string root;
  for (const std::uint64_t word : words) {
    root += raw(word) + std::string(24, '\0');
  }
  root.resize(4096);
  return root;
}

inline std::vector<CorePiece> section_memory(std::uint64_t base = kVmemmap) {
  std::string table = raw(kSectionRoot) + raw(std::uint64_t{0});
  return {{kSectionTable, table}, {kSectionRoot, section_root({base | 0xF, base | 0x1F, 0, base | 0x7})}};
}

inline void put_kernel(FakeMachine& machine, const std::string& release, const std::string& vmcoreinfo) {
  machine.names = {release, "x86_64"};
  machine.put("/sys/kernel/vmcoreinfo", "0x00000000011e4000 1024\n");
  const std::string notes =
      elf_note("CORE", std::string(337, 'x')) + elf_note("VMCOREINFO", vmcoreinfo + std::string(100, '\0'));
  machine.put("/proc/kcore", core_file(notes, section_memory()));
}

}  // namespace kjump::test
