// SPDX-License-Identifier: MIT
// Rule: the kernel's GDT is found by SGDT, by the per-CPU area or at the fixed alias, is never guessed,
// and its absence is an error only where the kernel needs it (kexec_jump.md 2.2).
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/kernel_gdt.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

constexpr DescriptorTable kUmip{0xFFFF'FFFF'FFFE'0000, 0};
constexpr std::uint64_t kText = 0xFFFF'FFFF'8200'0000;
constexpr std::uint64_t kDirectMap = 0xFFFF'8880'0000'0000;
constexpr std::uint64_t kGdtPage = 0x5000;  // per-CPU symbols are small on kernels before 6.15

template <typename T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

Elf64_Phdr load_at(std::uint64_t address, std::uint64_t offset) {
  Elf64_Phdr load{};
  load.p_type = PT_LOAD;
  load.p_vaddr = address;
  load.p_offset = offset;
  load.p_memsz = 0x1000;
  return load;
}

// __per_cpu_offset at kText, CPU 0's area at kDirectMap, its GDT as Linux has it.
void put_kernel_memory(const test::FakeMachine& machine, std::uint64_t code_descriptor = 0x00AF9B000000FFFF) {
  Elf64_Ehdr header{};
  std::memcpy(&header.e_ident[0], ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_phoff = sizeof(header);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 2;
  std::string core = raw(header) + raw(load_at(kText, 0x1000)) + raw(load_at(kDirectMap, 0x2000));
  core.resize(0x1000);
  core += raw(kDirectMap - kGdtPage);
  core.resize(0x2000);
  core += raw(std::uint64_t{0}) + raw(std::uint64_t{0x00CF9B000000FFFF}) + raw(code_descriptor) +
          raw(std::uint64_t{0x00CF93000000FFFF});
  core.resize(0x3000);
  machine.put("/proc/kcore", core);
  machine.put(
      "/proc/kallsyms",
      fmt::format("0000000000000000 A fixed_percpu_data\n{:016x} A gdt_page\n{:016x} R __per_cpu_offset\n"
                  "{:016x} t other\t[module]\n",
                  kGdtPage, kText, kText + 64));
}

KernelGdtSearch search(test::FakeMachine& machine, const std::string& release) {
  machine.names.release = release;
  return find_kernel_gdt(machine, identify_kernel(machine).value());
}

TEST(HostKernelGdt, SgdtOnCpu0ComesFirst) {
  test::FakeMachine machine;
  const KernelGdtSearch result = search(machine, "6.6.1");
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->source, "SGDT");
  EXPECT_EQ(result.found->base, machine.gdt.base);
  EXPECT_EQ(result.found->limit, 0x7F);
  EXPECT_EQ(machine.calls, (std::vector<std::string>{"cpu 0", "cpu back"}));
}

TEST(HostKernelGdt, UnderUmipThePerCpuAreaIsUsed) {
  test::FakeMachine machine;
  machine.gdt = kUmip;
  put_kernel_memory(machine);
  const KernelGdtSearch result = search(machine, "6.6.1");
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->source, "per-CPU area");
  EXPECT_EQ(result.found->base, kDirectMap);
  EXPECT_THAT(result.failures.front(), HasSubstr("UMIP"));
}

TEST(HostKernelGdt, WhereUmipIsKnownSgdtIsNotTried) {
  test::FakeMachine machine;
  machine.put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu umip lm\n");
  EXPECT_FALSE(search(machine, "6.6.1").found);
  EXPECT_TRUE(machine.calls.empty());
}

TEST(HostKernelGdt, KernelsThatDoWithoutAreNotSearched) {
  test::FakeMachine machine;
  const KernelGdtSearch result = search(machine, "6.12.117");
  EXPECT_FALSE(result.needed);
  EXPECT_FALSE(result.found);
  EXPECT_TRUE(machine.calls.empty());
}

TEST(HostKernelGdt, PerCpuAreaMustHoldKernelSegments) {
  test::FakeMachine machine;
  machine.gdt = kUmip;
  put_kernel_memory(machine, 0x00CF9B000000FFFF);  // 32-bit code at 0x10: not this kernel's GDT
  const KernelGdtSearch result = search(machine, "6.6.1");
  EXPECT_FALSE(result.found);
  EXPECT_THAT(result.failures.at(1), HasSubstr("no kernel segments"));
}

TEST(HostKernelGdt, HiddenSymbolsAreNotUsed) {
  test::FakeMachine machine;
  machine.gdt = kUmip;
  put_kernel_memory(machine);
  machine.put("/proc/kallsyms", "0000000000000000 A gdt_page\n0000000000000000 R __per_cpu_offset\n");
  const KernelGdtSearch result = search(machine, "6.6.1");
  EXPECT_FALSE(result.found);
  EXPECT_THAT(result.failures.at(1), HasSubstr("kptr_restrict"));
}

TEST(HostKernelGdt, FixedAliasServesOldKernelsOnly) {
  test::FakeMachine machine;
  machine.gdt = kUmip;
  const KernelGdtSearch old_kernel = search(machine, "6.1.192");
  ASSERT_TRUE(old_kernel.found);
  EXPECT_EQ(old_kernel.found->base, 0xFFFF'FE00'0000'1000);
  EXPECT_EQ(old_kernel.found->limit, 0x7F);
  EXPECT_FALSE(search(machine, "6.6.1").found);
}

TEST(HostKernelGdt, NonsenseFromSgdtIsRefused) {
  test::FakeMachine machine;
  for (const DescriptorTable table :
       {DescriptorTable{0x1000, 0x7F}, DescriptorTable{0xFFFF'FE00'0000'1008, 0x7F},
        DescriptorTable{0xFFFF'FE00'0000'1000, 0x1F}}) {
    machine.gdt = table;
    EXPECT_FALSE(search(machine, "6.6.1").found) << table.base;
  }
}

TEST(HostKernelGdt, AbsenceMattersOnlyWhereTheKernelNeedsIt) {
  test::FakeMachine machine;
  machine.gdt = kUmip;
  EXPECT_TRUE(search(machine, "6.12.117").verdict(identify_kernel(machine).value()));
  const auto refused = search(machine, "6.12.4").verdict(identify_kernel(machine).value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().text(), HasSubstr("Linux 6.12.4 needs"));
  EXPECT_THAT(refused.error().text(), HasSubstr("UMIP"));
  EXPECT_THAT(refused.error().hint, HasSubstr("kptr_restrict"));
}

TEST(HostKernelGdt, WithoutCpu0SgdtSaysNothing) {
  test::FakeMachine machine;
  machine.affinity_error = EINVAL;
  EXPECT_FALSE(search(machine, "6.6.1").found);
}

}  // namespace
}  // namespace kjump
