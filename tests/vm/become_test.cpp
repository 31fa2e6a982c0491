// SPDX-License-Identifier: MIT
// Rule: a payload that became the machine of an earlier entry returns to that one under the return contract,
// with nothing left of what the stub noted at its own entry, and reports as any jump.
#include <kjump/abi/exchange.hpp>

#include "vm/run.hpp"

namespace kjump::tests {
namespace {

class Become : public testing::TestWithParam<const char*> {};

TEST_P(Become, ReturnsAsTheEarlierJumpWouldHave) {
  for (const char* cpu : {"max", "qemu64"}) {  // five levels of page tables, and four
    MachineOptions machine;
    machine.cpu_model = cpu;
    const RunReport report = run(GetParam(), "", 3, machine);
    ASSERT_EQ(report.jumps.size(), 3U) << cpu;
    EXPECT_EQ(report.jumps[0].status, 1U) << cpu;
    for (const std::size_t i : {1U, 2U}) {
      EXPECT_EQ(report.jumps[i].outcome, abi::Outcome::kReturned) << cpu;
      EXPECT_EQ(report.jumps[i].status, 2U) << cpu;
      EXPECT_TRUE(report.jumps[i].phases.payload.has_value()) << cpu;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Become, testing::Values("test_become", "test_become_long"),
                         [](const auto& image) { return std::string(image.param); });

}  // namespace
}  // namespace kjump::tests
