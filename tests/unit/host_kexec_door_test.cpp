// SPDX-License-Identifier: MIT
// Rule: the kexec door opens only when the kernel will accept a jump, names the obstacle when not, refuses
// segments that could hurt the machine, and always unloads what it has loaded (kexec_jump.md 3.1, 4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "host/kexec_door.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

std::string why_closed(test::FakeMachine& machine) {
  KexecDoor door(machine);
  const auto opened = door.can_open();
  return opened ? "open" : opened.error().text();
}

// The error of loading one segment, or "loaded".
std::string why_not_loaded(test::FakeMachine& machine, const std::vector<Segment>& segments) {
  KexecDoor door(machine);
  const ImageInfo info = test::small_image().info();
  const auto prepared = door.prepare(info, segments);
  return prepared ? "loaded" : prepared.error().text();
}

Segment zeroes(std::uint32_t address, std::uint32_t bytes) {
  return {address, bytes, {}};
}

TEST(HostKexecDoor, OpensOnAHealthyMachine) {
  test::FakeMachine machine;
  EXPECT_EQ(why_closed(machine), "open");
  EXPECT_EQ(machine.count("load") + machine.count("unload") + machine.count("reboot"), 0);
}

TEST(HostKexecDoor, NamesTheObstacle) {
  test::FakeMachine machine;
  machine.probe_error = EINVAL;
  EXPECT_THAT(why_closed(machine), HasSubstr("CONFIG_KEXEC_JUMP"));
  machine.probe_error = ENOSYS;
  EXPECT_THAT(why_closed(machine), HasSubstr("without CONFIG_KEXEC"));
  machine.probe_error = EACCES;
  EXPECT_THAT(why_closed(machine), HasSubstr("IMA"));
  machine.probe_error = EPERM;
  EXPECT_THAT(why_closed(machine), HasSubstr("LoadPin"));
  machine.put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_THAT(why_closed(machine), HasSubstr("locked down (integrity)"));
  machine.put("/proc/sys/kernel/kexec_load_disabled", "1\n");
  EXPECT_THAT(why_closed(machine), HasSubstr("kexec_load_disabled is 1"));
  machine.capabilities = 0;
  EXPECT_THAT(why_closed(machine), HasSubstr("CAP_SYS_BOOT is missing"));
}

TEST(HostKexecDoor, AnotherImageMeansBusy) {
  test::FakeMachine machine;
  machine.put("/sys/kernel/kexec_loaded", "1\n");
  KexecDoor door(machine);
  const auto opened = door.can_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBusy);
  EXPECT_THAT(opened.error().text(), HasSubstr("another image is already loaded"));
  EXPECT_THAT(opened.error().hint, HasSubstr("kexec -u"));
}

TEST(HostKexecDoor, CountedCallsAreNotWastedOnTheProbe) {
  test::FakeMachine machine;
  machine.put("/proc/sys/kernel/kexec_load_limit_reboot", "-1\n");
  EXPECT_EQ(why_closed(machine), "open");
  EXPECT_EQ(machine.count("probe"), 1);
  machine.put("/proc/sys/kernel/kexec_load_limit_reboot", "2\n");
  EXPECT_EQ(why_closed(machine), "open");
  EXPECT_EQ(machine.count("probe"), 1);
  machine.put("/proc/sys/kernel/kexec_load_limit_reboot", "1\n");
  EXPECT_THAT(why_closed(machine), HasSubstr("leaves 1 calls"));
}

TEST(HostKexecDoor, StuffingMitigationCloses) {
  test::FakeMachine machine;
  machine.put("/sys/devices/system/cpu/vulnerabilities/retbleed", "Mitigation: Stuffing\n");
  EXPECT_THAT(why_closed(machine), HasSubstr("Stuffing"));
  machine.remove("/sys/devices/system/cpu/vulnerabilities/retbleed");
  EXPECT_EQ(why_closed(machine), "open");
  machine.put("/proc/cmdline", "quiet retbleed=force,stuff\n");
  EXPECT_THAT(why_closed(machine), HasSubstr("retbleed=stuff"));
}

TEST(HostKexecDoor, SegmentsThatCouldHurtAreRefused) {
  test::FakeMachine machine;
  EXPECT_EQ(why_not_loaded(machine, {zeroes(0x10000, 0x20000), zeroes(0x40000, 0x50000)}), "loaded");
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0, 0x1000)}), HasSubstr("begins below 0x10000"));
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x80000, 0x11000)}), HasSubstr("ends above 0x90000"));
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x9F000, 0x1000)}), HasSubstr("EBDA"));
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x2F000, 0x2000)}), HasSubstr("covers the exchange"));
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x10800, 0x1000)}), HasSubstr("whole pages"));
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0xFFFFF000, 0xFFFFF000)}), HasSubstr("EBDA"));
  EXPECT_THAT(why_not_loaded(machine, std::vector<Segment>(17, zeroes(0x10000, 0x1000))),
              HasSubstr("17 segments"));
  machine.put_memory_range(0, 0, 0x57FFF, "System RAM");
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x50000, 0x10000)}), HasSubstr("0x58000 is not System RAM"));
  EXPECT_EQ(machine.count("load"), 1);
}

TEST(HostKexecDoor, HalfOfMemoryIsTheLimit) {
  test::FakeMachine machine;
  machine.memory_bytes = std::uint64_t{256} << 10;
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x40000, 0x40000)}), HasSubstr("half of the machine's memory"));
}

TEST(HostKexecDoor, ErrnoOfLoadingIsExplained) {
  test::FakeMachine machine;
  machine.load_error = EBUSY;
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x10000, 0x1000)}), HasSubstr("another kexec operation"));
  machine.load_error = EPERM;
  EXPECT_THAT(why_not_loaded(machine, {zeroes(0x10000, 0x1000)}), HasSubstr("kjump doctor"));
  EXPECT_EQ(machine.count("unload"), 0) << "nothing was loaded";
}

TEST(HostKexecDoor, PassesTheKernelsGdtOn) {
  test::FakeMachine machine;
  machine.names.release = "6.6.1";
  KexecDoor door(machine);
  abi::LoaderParameters parameters;
  ASSERT_TRUE(door.describe(parameters));
  EXPECT_EQ(parameters.flags, abi::kParameterLoadKernelGdt);
  EXPECT_EQ(parameters.kernel_gdt_base, machine.gdt.base);
  EXPECT_EQ(parameters.kernel_gdt_limit, machine.gdt.limit);
}

TEST(HostKexecDoor, JumpsOnCpu0AfterSync) {
  test::FakeMachine machine;
  KexecDoor door(machine);
  ASSERT_TRUE(door.prepare(test::small_image().info(), {zeroes(0x10000, 0x1000)}));
  EXPECT_EQ(machine.loaded_flags, std::uint64_t{KEXEC_PRESERVE_CONTEXT});
  EXPECT_EQ(machine.loaded_entry, abi::kRealBase);
  const auto passage = door.go_through();
  ASSERT_TRUE(passage);
  EXPECT_LT(passage->tsc_before, passage->tsc_after);
  ASSERT_TRUE(door.put_back());
  ASSERT_TRUE(door.put_back());
  EXPECT_EQ(machine.calls,
            (std::vector<std::string>{"load", "cpu 0", "sync", "reboot", "cpu back", "unload"}));
}

TEST(HostKexecDoor, RefusedJumpsAreExplained) {
  test::FakeMachine machine;
  KexecDoor door(machine);
  EXPECT_FALSE(door.go_through()) << "nothing loaded";
  ASSERT_TRUE(door.prepare(test::small_image().info(), {zeroes(0x10000, 0x1000)}));
  machine.on_reboot = [] { return EBUSY; };
  const auto busy = door.go_through();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::kBusy);
  EXPECT_THAT(busy.error().hint, HasSubstr("dmesg"));
  EXPECT_THAT(busy.error().hint, HasSubstr("devices may be degraded"));
  EXPECT_EQ(machine.calls.back(), "cpu back");
  machine.names.release = "6.17.1";
  EXPECT_THAT(door.go_through().error().hint, Not(HasSubstr("degraded")));
  machine.on_reboot = [] { return EINVAL; };
  EXPECT_THAT(door.go_through().error().hint, HasSubstr("PID namespace"));
  machine.on_reboot = [] { return EIO; };
  EXPECT_THAT(door.go_through().error().hint, HasSubstr("refused to freeze"));
}

TEST(HostKexecDoor, DestructorUnloads) {
  test::FakeMachine machine;
  {
    KexecDoor door(machine);
    ASSERT_TRUE(door.prepare(test::small_image().info(), {zeroes(0x10000, 0x1000)}));
  }
  EXPECT_EQ(machine.calls.back(), "unload");
}

}  // namespace
}  // namespace kjump
