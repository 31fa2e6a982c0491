// SPDX-License-Identifier: MIT
// Rule: of an i386 kernel the GDT and the kind of page tables are known before a jump, or the kexec door
// stays closed; neither is guessed (kexec_jump.md 2.1, 2.2).
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/kernel_gdt.hpp"
#include "host/kernel_paging.hpp"
#include "host/kexec_door.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t kText = 0xC180'0000;
constexpr std::uint32_t kPerCpu = 0xCF7C'0000;   // CPU 0's area, in the direct map
constexpr std::uint32_t kGdtPage = 0xC1A0'4000;  // per-CPU symbols are addresses of the kernel's image
constexpr std::uint64_t kCode32 = 0x00CF9B000000FFFF;
constexpr std::uint64_t kData = 0x00CF93000000FFFF;

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

struct I386Machine : test::FakeMachine {
  I386Machine() {
    names = {"6.1.0-44-686-pae", "i686"};
    gdt = {0xFFFE'0000, 0};  // as UMIP has it
  }

  // __per_cpu_offset, the GDT, and a note, in a core file as a 32-bit kernel has it.
  void put_core(const std::string& note, std::uint64_t code = kCode32) const {
    constexpr std::uint32_t kNote = 0x1000;
    constexpr std::uint32_t kOffset = 0x2000;
    constexpr std::uint32_t kGdt = 0x3000;
    Elf32_Ehdr header{};
    std::memcpy(&header.e_ident[0], ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS32;
    header.e_phoff = sizeof(header);
    header.e_phentsize = sizeof(Elf32_Phdr);
    header.e_phnum = 3;
    const auto part = [](std::uint32_t type, std::uint32_t offset, std::uint32_t address, std::size_t size) {
      Elf32_Phdr result{};
      result.p_type = type;
      result.p_offset = offset;
      result.p_vaddr = address;
      result.p_filesz = static_cast<std::uint32_t>(size);
      result.p_memsz = static_cast<std::uint32_t>(size);
      return bytes_of(result);
    };
    std::string core = bytes_of(header) + part(PT_NOTE, kNote, 0, note.size()) +
                       part(PT_LOAD, kOffset, kText, 0x1000) + part(PT_LOAD, kGdt, kPerCpu, 0x1000);
    core.resize(kNote);
    core += note;
    core.resize(kOffset);
    core += bytes_of(kPerCpu - kGdtPage);  // wraps
    core.resize(kGdt + 0x60);
    core += bytes_of(code) + bytes_of(kData);
    core.resize(kGdt + 0x1000);
    put("/proc/kcore", core);
    put("/proc/kallsyms", fmt::format("{:08x} D gdt_page\n{:08x} R __per_cpu_offset\n", kGdtPage, kText));
  }

  KernelGdtSearch search() { return find_kernel_gdt(*this, identify_kernel(*this).value()); }
};

const std::string kWithPae = "OSRELEASE=6.1.0-44-686-pae\nSYMBOL(mem_map)=c1b\nCONFIG_X86_PAE=y\n";
const std::string kWithoutPae = "OSRELEASE=6.1.0-44-686\nPAGESIZE=4096\n";

TEST(HostI386, SgdtIsBelieved) {
  I386Machine machine;
  machine.gdt = {0xFFA0'1000, 0xFF};
  const KernelGdtSearch result = machine.search();
  ASSERT_TRUE(result.found);
  EXPECT_TRUE(result.needed) << "no i386 kernel loads it itself";
  EXPECT_EQ(result.found->base, 0xFFA0'1000U);
  EXPECT_EQ(result.found->limit, 0xFF);
}

TEST(HostI386, NonsenseFromSgdtIsRefused) {
  I386Machine machine;
  for (const DescriptorTable table : {DescriptorTable{0x1000, 0xFF}, DescriptorTable{0xFFA0'1008, 0xFF},
                                      DescriptorTable{0xFFA0'1000, 0x7F}}) {
    machine.gdt = table;
    EXPECT_FALSE(machine.search().found) << table.base;
  }
}

TEST(HostI386, UnderUmipThePerCpuAreaIsUsed) {
  I386Machine machine;
  machine.put_core(kWithPae);
  const KernelGdtSearch result = machine.search();
  ASSERT_TRUE(result.found) << result.failures.back();
  EXPECT_THAT(result.failures.front(), HasSubstr("UMIP"));
  EXPECT_EQ(result.found->base, kPerCpu);
  EXPECT_EQ(result.found->limit, 0xFF);
}

TEST(HostI386, PerCpuAreaMustHoldKernelSegments) {
  I386Machine machine;
  machine.put_core(kWithPae, 0x00AF9B000000FFFF);  // 64-bit code
  EXPECT_FALSE(machine.search().found);
}

TEST(HostI386, PaeIsWhatTheKernelSays) {
  I386Machine machine;
  machine.put_core(kWithPae);
  EXPECT_TRUE(uses_pae(machine).value());
  machine.put_core(kWithoutPae);
  EXPECT_FALSE(uses_pae(machine).value());
}

TEST(HostI386, WithoutTheKernelsWordTheDoorStaysClosed) {
  I386Machine machine;
  machine.gdt = {0xFFA0'1000, 0xFF};
  EXPECT_FALSE(uses_pae(machine)) << "no core file";
  machine.put_core("PAGESIZE=4096\n");
  const auto unknown = uses_pae(machine);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().hint, HasSubstr("CONFIG_PROC_KCORE"));
  const auto opened = KexecDoor(machine).can_open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("PAE"));
}

TEST(HostI386, TheStubIsToldOfPaeAndTheGdt) {
  I386Machine machine;
  machine.gdt = {0xFFA0'1000, 0xFF};
  for (const bool pae : {true, false}) {
    machine.put_core(pae ? kWithPae : kWithoutPae);
    KexecDoor door(machine);
    EXPECT_TRUE(door.can_open());
    abi::LoaderParameters parameters;
    ASSERT_TRUE(door.describe(parameters));
    EXPECT_EQ((parameters.flags & abi::kParameterPae) != 0, pae);
    EXPECT_NE(parameters.flags & abi::kParameterLoadKernelGdt, 0U);
    EXPECT_EQ(parameters.kernel_gdt_base, 0xFFA0'1000U);
  }
}

}  // namespace
}  // namespace kjump
