// SPDX-License-Identifier: MIT
// The runtime against the emulated machine's own BIOS, without Linux: every rule here is about what a
// payload and its caller see. The carrier checks the return contract after every one of these jumps.
#include <gtest/gtest.h>
#include <kjump/abi/processor.hpp>

#include "vm/register_checks.hpp"
#include "vm/run.hpp"

namespace kjump::tests {
namespace {

class Registers : public testing::TestWithParam<const char*> {};

TEST_P(Registers, EveryOneGoesInAndComesOutWhateverTheCalleeDid) {
  MachineOptions machine;
  machine.cpu_model = GetParam();
  const RunReport report = run("test_registers", "", 2, machine);
  ASSERT_EQ(report.jumps.size(), 2U);
  for (const JumpReport& jump : report.jumps) {
    EXPECT_EQ(jump.status, 0U);
    EXPECT_EQ(jump.repairs, abi::kRepairA20 | abi::kRepairPicMask);
    const auto checks = register_checks(jump.reply);
    EXPECT_EQ(checks.size(), kRegisterChecks);
    for (const RegisterCheck& check : checks) {
      EXPECT_EQ(check.expected, check.found) << check.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Processors, Registers, testing::Values("max", "qemu64"));

TEST(RegistersSabotaged, TheComparisonCanFail) {
  const RunReport report = run("test_registers", "s");
  ASSERT_EQ(report.jumps.size(), 1U);
  int wrong = 0;
  for (const RegisterCheck& check : register_checks(report.jumps[0].reply)) {
    if (check.expected != check.found) {
      EXPECT_STREQ(check.name, "ebx");
      ++wrong;
    }
  }
  EXPECT_EQ(wrong, 6);
  EXPECT_EQ(report.jumps[0].status, 6U);
}

TEST(Timer, TicksArriveInRealMode) {
  const RunReport report = run("test_ticks");
  ASSERT_EQ(report.jumps.size(), 1U);
  EXPECT_EQ(report.jumps[0].status, 3U) << "ticks seen";
  EXPECT_NE(report.jumps[0].hardware_notes & abi::kHardwareHpetLegacy, 0U) << "the HPET was in the way";
}

TEST(Session, PayloadMemoryPersistsAcrossJumps) {
  const RunReport report = run("test_faults", "n", 5);
  ASSERT_EQ(report.jumps.size(), 5U);
  for (std::size_t i = 0; i < report.jumps.size(); ++i) {
    EXPECT_EQ(report.jumps[i].status, i + 1);
  }
}

TEST(Console, TextThatDoesNotFitIsCutAndSaidSo) {
  const RunReport report = run("test_faults", "o");
  ASSERT_EQ(report.jumps.size(), 1U);
  EXPECT_EQ(report.jumps[0].console.size(), abi::kConsoleCapacity);
  EXPECT_TRUE(report.jumps[0].console_cut);
}

}  // namespace
}  // namespace kjump::tests
