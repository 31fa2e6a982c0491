// SPDX-License-Identifier: MIT
// Rule: the vm target hands the processor over exactly as a real kernel does. Both dump what the stub found;
// field by field they are equal, but for addresses that are the caller's own choice and the bits listed here.
#include <kjump/image.hpp>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

abi::EntryState entry_state(Target& target) {
  auto image = Image::open(std::filesystem::path(KJUMP_IMAGES) / "hello_real.kjump");
  EXPECT_TRUE(image) << image.error().text();
  auto report = target.run(*image, {});
  EXPECT_TRUE(report) << report.error().text();
  if (!report || report->jumps.empty()) {
    return {};
  }
  return report->jumps.front().entry;
}

// Delivery status and remote IRR: read-only, they tell whether an interrupt is just under way.
constexpr std::uint32_t kReadOnlyLvtBits = (1U << 12) | (1U << 14);
constexpr std::uint64_t kArithmeticFlags = 0x8D5;  // left by the caller's last instruction
constexpr std::uint64_t kPageMask = 0xFFF;

class EntryState : public testing::TestWithParam<const char*> {};

TEST_P(EntryState, VmEqualsLinux) {
  MachineOptions machine;
  machine.cpu_model = GetParam();
  LinuxVmOptions linux;
  linux.machine = machine;
  const abi::EntryState vm = entry_state(*make_vm_target(machine));
  const abi::EntryState kernel = entry_state(*make_linux_vm_target(linux));

  EXPECT_NE(kernel.return_address, 0U);
  EXPECT_EQ(vm.rsp & kPageMask, kernel.rsp & kPageMask) << "one page of stack, the return address on top";
  EXPECT_EQ(vm.cr3 & kPageMask, kernel.cr3 & kPageMask);
  EXPECT_EQ(vm.rflags & ~kArithmeticFlags, kernel.rflags & ~kArithmeticFlags);
#define KJUMP_EQUAL(field) EXPECT_EQ(vm.field, kernel.field) << #field
  KJUMP_EQUAL(cr0);
  KJUMP_EQUAL(cr4);
  KJUMP_EQUAL(efer);
  KJUMP_EQUAL(gdt_base);
  KJUMP_EQUAL(gdt_limit);
  KJUMP_EQUAL(idt_base);
  KJUMP_EQUAL(idt_limit);
  KJUMP_EQUAL(fs_base);
  KJUMP_EQUAL(gs_base);
  KJUMP_EQUAL(dr7);
  KJUMP_EQUAL(cs);
  KJUMP_EQUAL(ss);
  KJUMP_EQUAL(ds);
  KJUMP_EQUAL(es);
  KJUMP_EQUAL(fs);
  KJUMP_EQUAL(gs);
  KJUMP_EQUAL(tr);
  KJUMP_EQUAL(ldtr);
  KJUMP_EQUAL(apic_base);
  KJUMP_EQUAL(apic_spurious);
  KJUMP_EQUAL(apic_tpr);
  KJUMP_EQUAL(hpet_config);
  KJUMP_EQUAL(pic_mask[0]);
  KJUMP_EQUAL(pic_mask[1]);
  KJUMP_EQUAL(pic_level[0]);
  KJUMP_EQUAL(pic_level[1]);
  KJUMP_EQUAL(pit_status);
  KJUMP_EQUAL(a20);
#undef KJUMP_EQUAL
  EXPECT_EQ(vm.apic_lint0 & ~kReadOnlyLvtBits, kernel.apic_lint0 & ~kReadOnlyLvtBits);
  EXPECT_EQ(vm.apic_lint1 & ~kReadOnlyLvtBits, kernel.apic_lint1 & ~kReadOnlyLvtBits);
  EXPECT_EQ(vm.apic_timer & (1U << 16), kernel.apic_timer & (1U << 16)) << "the timer is masked";
}

INSTANTIATE_TEST_SUITE_P(Processors, EntryState, testing::Values("max", "qemu64"));

}  // namespace
}  // namespace kjump::tests
