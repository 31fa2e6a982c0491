// SPDX-License-Identifier: MIT
// Rule: what the payloads are told of the kernel is what VMCOREINFO says, as both generations of kernels say
// it, and what cannot be is refused before any jump.
#include <gtest/gtest.h>

#include <kjump/abi/hibernate/kernel.hpp>

#include "hibernate/kernel_facts.hpp"
#include "hibernate/vmemmap.hpp"
#include "unit/hibernate_machine.hpp"

namespace kjump::test {
namespace {

using abi::hibernate::FreeFill;
using hibernate::find_free_fill;
using hibernate::read_kernel_knowledge;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(KernelFacts, Of612) {
  FakeMachine machine;
  put_kernel(machine, "6.12.117+deb12-amd64", vmcoreinfo_6_12());
  const auto known = read_kernel_knowledge(machine);
  ASSERT_TRUE(known) << known.error().text();
  const auto& facts = known->facts;
  EXPECT_EQ(facts.page_table, 0x2C10000ULL - 132120576ULL);
  EXPECT_EQ(facts.vmemmap, kVmemmap);
  EXPECT_EQ(facts.buddy_type, 0xF000'0000U);
  EXPECT_EQ(facts.type_mask, 0xFF00'0000U);
  EXPECT_EQ(facts.offline_type, 0xF100'0000U);
  EXPECT_EQ(facts.page_struct_bytes, 64U);
  EXPECT_EQ(facts.type_offset, 48U);
  EXPECT_EQ(facts.order_offset, 40U);
  EXPECT_EQ(facts.orders, 11U);
  EXPECT_EQ(facts.five_levels, 1U);
  EXPECT_EQ(facts.hwpoison_bit, 22U);
  EXPECT_EQ(known->vmemmap_by_symbol, kVmemmap);
  EXPECT_EQ(known->kernel_offset, 0x1A00'0000U);
  EXPECT_EQ(known->note, 0x11E4000U);
  EXPECT_EQ(known->note_bytes, 0x1024U);
}

TEST(KernelFacts, Of61) {
  FakeMachine machine;
  put_kernel(machine, "6.1.0-56-amd64", vmcoreinfo_6_1());
  const auto known = read_kernel_knowledge(machine);
  ASSERT_TRUE(known) << known.error().text();
  EXPECT_EQ(known->facts.buddy_type, 0xFFFF'FF7FU);
  EXPECT_EQ(known->facts.type_mask, 0xFFFF'FFFFU);
  EXPECT_EQ(known->facts.offline_type, 0xFFFF'FEFFU);
  EXPECT_EQ(known->facts.vmemmap, kVmemmap);
  EXPECT_FALSE(known->vmemmap_by_symbol);
}

TEST(KernelFacts, WhatIsOptionalMayBeAbsent) {
  FakeMachine machine;
  std::string text = replaced(vmcoreinfo_6_1(), "NUMBER(PG_hwpoison)=22\n", "");
  text = replaced(text, "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n", "");
  put_kernel(machine, "6.1.0-56-amd64", text);
  const auto known = read_kernel_knowledge(machine);
  ASSERT_TRUE(known) << known.error().text();
  EXPECT_EQ(known->facts.hwpoison_bit, 64U);
  EXPECT_EQ(known->facts.offline_type, 0U);
}

void expect_refused(const std::string& vmcoreinfo, const std::string& what) {
  FakeMachine machine;
  put_kernel(machine, "6.12.117+deb12-amd64", vmcoreinfo);
  const auto known = read_kernel_knowledge(machine);
  ASSERT_FALSE(known) << what;
  EXPECT_NE(known.error().text().find(what), std::string::npos) << known.error().text();
}

TEST(KernelFacts, RefusesWhatCannotBe) {
  const std::string good = vmcoreinfo_6_12();
  expect_refused(replaced(good, "-268435456", "-268435455"), "marks free pages with 0xf0000001");
  expect_refused(replaced(good, "SIZE(page)=64", "SIZE(page)=40"), "struct page cannot be");
  expect_refused(replaced(good, "page.private)=40", "page.private)=60"), "struct page cannot be");
  expect_refused(replaced(good, "free_area)=11", "free_area)=0"), "struct page cannot be");
  expect_refused(replaced(good, "init_top_pgt)=ffffffff82c10000", "init_top_pgt)=c10000"), "page table at");
  expect_refused(replaced(good, "vmemmap)=fff20550c0000000", "vmemmap)=fff20550c0001000"), "by its symbol");
  expect_refused(replaced(good, "LENGTH(mem_section)=2\n", ""), "does not tell LENGTH(mem_section)");
  expect_refused(replaced(good, "NUMBER(phys_base)=-132120576", "NUMBER(phys_base)=x"), "is no number");
  expect_refused(replaced(good, "6.12.117+deb12", "6.12.118+deb12"), "it is about kernel 6.12.118");
}

TEST(KernelFacts, RefusesMachinesThatCannotTell) {
  FakeMachine machine;
  put_kernel(machine, "6.12.117+deb12-amd64", vmcoreinfo_6_12());
  machine.names.machine = "i686";
  EXPECT_NE(read_kernel_knowledge(machine).error().text().find("for x86_64 kernels"), std::string::npos);
  machine.names.machine = "x86_64";
  machine.remove("/proc/kcore");
  EXPECT_NE(read_kernel_knowledge(machine).error().text().find("CONFIG_PROC_KCORE"), std::string::npos);
  machine.remove("/sys/kernel/vmcoreinfo");
  EXPECT_NE(read_kernel_knowledge(machine).error().text().find("where VMCOREINFO lies"), std::string::npos);
}

TEST(Vmemmap, SectionsMustAgree) {
  const auto one = hibernate::decode_sections(section_root({0, kVmemmap | 3}), 32);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, kVmemmap);
  EXPECT_FALSE(hibernate::decode_sections(section_root({kVmemmap | 3, (kVmemmap + 0x200000) | 3}), 32));
  const auto none = hibernate::decode_sections(section_root({0, kVmemmap | 1}), 32);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none) << "a section without a map says nothing";
}

TEST(FreeFill, TheLogKnowsBest) {
  FakeMachine machine;
  machine.put("/proc/cmdline", "quiet init_on_free=1\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kZero);
  machine.put("/dev/kmsg",
              "6,1,0,-;Linux\n6,90,0,-;mem auto-init: stack:off, heap alloc:on, heap free:off\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kNothing);
  machine.put("/dev/kmsg", "6,90,0,-;mem auto-init: stack:off, heap alloc:on, heap free:on\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kZero);
}

TEST(FreeFill, ConfigurationAndCommandLine) {
  FakeMachine machine;
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kZero) << "nothing says so: zero does no harm";
  machine.put("/boot/config-6.12.117+deb12-amd64",
              "# CONFIG_INIT_ON_FREE_DEFAULT_ON is not set\nCONFIG_A=y\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kNothing);
  machine.put("/boot/config-6.12.117+deb12-amd64", "CONFIG_INIT_ON_FREE_DEFAULT_ON=y\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kZero);
  machine.put("/proc/cmdline", "init_on_free=0\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kNothing);
  machine.put("/proc/cmdline", "page_poison=on\n");
  machine.put("/boot/config-6.12.117+deb12-amd64", "CONFIG_A=y\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kNothing) << "not compiled in";
  machine.put("/boot/config-6.12.117+deb12-amd64", "CONFIG_PAGE_POISONING=y\n");
  EXPECT_EQ(find_free_fill(machine).fill, FreeFill::kPoison);
}

}  // namespace
}  // namespace kjump::test
