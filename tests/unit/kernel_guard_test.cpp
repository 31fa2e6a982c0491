// SPDX-License-Identifier: MIT
// Rule: a second kernel gets a deadline only if another processor of this machine can hold it to it, one that
// the second kernel leaves alone; else the reason is told before anything happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kjump/abi/guard.hpp>

#include "kernel/guard.hpp"
#include "unit/host_machine.hpp"

namespace kjump::two_kernels {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// As Linux prints it; APIC ids need not follow the processors' numbers.
std::string cpu_info(std::initializer_list<std::pair<int, int>> processors,
                     const char* flags = "fpu apic pae") {
  std::string text;
  for (const auto& [cpu, id] : processors) {
    text += fmt::format(
        "processor\t: {}\nvendor_id\t: GenuineIntel\napicid\t\t: {}\ninitial apicid\t: 99\nflags\t\t: {}\n\n",
        cpu, id, flags);
  }
  return text;
}

std::string refusal(const test::FakeMachine& machine, const std::string& command_line) {
  const auto guard = find_guard(machine, command_line);
  return guard ? "none" : guard.error().what;
}

TEST(KernelGuard, CountsTheProcessorsOfACommandLine) {
  const std::pair<const char*, std::optional<std::uint32_t>> kLines[] = {
      {"", std::nullopt},
      {"quiet maxcpus=1", 1},
      {"maxcpus=4 maxcpus=2", 2},
      {"nr_cpus=3 maxcpus=5", 3},
      {"nosmp maxcpus=", 1},
      {"maxcpus=0", 1},
      {"xmaxcpus=1", std::nullopt},
      {"maxcpus=two", std::nullopt},
      {"nr_cpus=1", 1},
      {"maxcpus=99999999999", std::nullopt}};
  for (const auto& [line, processors] : kLines) {
    EXPECT_EQ(processors_of(line), processors) << line;
  }
}

TEST(KernelGuard, IsTheLastProcessorThatIsOnline) {
  test::FakeMachine machine;
  machine.put("/proc/cpuinfo", cpu_info({{0, 0}, {1, 4}, {3, 6}}));
  const auto guard = find_guard(machine, "maxcpus=2");
  ASSERT_TRUE(guard) << guard.error().text();
  EXPECT_EQ(guard->cpu, 3U);
  EXPECT_EQ(guard->apic_id, 6U);
}

TEST(KernelGuard, IsRefusedWhereThereIsNone) {
  test::FakeMachine machine;
  machine.put("/proc/cpuinfo", cpu_info({{0, 0}}));
  EXPECT_THAT(refusal(machine, "maxcpus=1"), HasSubstr("second processor"));
  machine.put("/proc/cpuinfo", cpu_info({{0, 0}, {1, 1}}));
  EXPECT_EQ(refusal(machine, "maxcpus=1"), "none");
  EXPECT_THAT(refusal(machine, "maxcpus=2"), HasSubstr("takes 2 processors"));
  EXPECT_THAT(refusal(machine, ""), HasSubstr("takes all processors"));
  machine.put("/proc/cpuinfo", cpu_info({{0, 0}, {1, 1}}, "fpu apic"));
  EXPECT_THAT(refusal(machine, "maxcpus=1"), HasSubstr("no PAE"));
  machine.put("/proc/cpuinfo", "garbage\nprocessor\napicid\t\t: x\n");
  EXPECT_NE(refusal(machine, "maxcpus=1"), "none");
}

TEST(KernelGuard, NeedsABiosToLeadTheProcessorBack) {
  test::FakeMachine machine;
  machine.put("/proc/cpuinfo", cpu_info({{0, 0}, {1, 1}}));
  machine.put("/sys/firmware/efi/systab", "");
  EXPECT_THAT(refusal(machine, "maxcpus=1"), HasSubstr("BIOS"));
}

TEST(KernelGuard, KeepsItsSnapshotBelowTheKernel) {
  test::FakeMachine machine;
  machine.put("/proc/cpuinfo", cpu_info({{0, 0}, {1, 5}}));
  const MemoryPiece memory{64 * kMiB, 96 * kMiB};
  abi::two_kernels::CrossingRequest request{};
  ASSERT_TRUE(ask_for_guard(machine, 0, "maxcpus=2", memory, request)) << "nobody asked for one";
  EXPECT_EQ(request.deadline_ms, 0U);
  ASSERT_TRUE(ask_for_guard(machine, kMostDeadlineSeconds, "maxcpus=1", memory, request));
  EXPECT_EQ(request.deadline_ms / 1000, kMostDeadlineSeconds);
  EXPECT_EQ(request.guard_apic_id, 5U);
  EXPECT_EQ(request.snapshot, memory.base + kTableBytes);
  EXPECT_EQ(request.snapshot + abi::two_kernels::kSnapshotBytes, memory.base + kHeadBytes);
}

}  // namespace
}  // namespace kjump::two_kernels
