// SPDX-License-Identifier: MIT
// Rule: through either door a firmware call hands the callee exactly the registers, segments and flags of its
// record, returns exactly what the callee left, and repairs what a hostile callee did; Linux is healthy
// after.
#include <utility>

#include "linux/guest.hpp"
#include "vm/register_checks.hpp"

namespace kjump::tests {
namespace {

using Way = std::pair<std::string, std::string>;  // kernel, door

class RegistersThroughDoor : public testing::TestWithParam<Way> {};

TEST_P(RegistersThroughDoor, EveryOneGoesInAndComesOut) {
  const auto& [kernel, door] = GetParam();
  Guest guest(kernel);
  guest.options.machine.cpus = 2;
  guest.with_file(KJUMP_REGISTERS, "/job/test_registers.kjump");
  guest.job.outputs = {"/tmp/reply"};
  const JobResult result = guest.run(std::string(kHealth) + "health before\n" +
                                     "echo '== report'; kjump run /job/test_registers.kjump --door " + door +
                                     " --jumps 2 --out /tmp/reply --json\necho '== health'; health after\n");
  const auto report = json_section(result.out, "report");
  ASSERT_EQ(report["jumps"].size(), 2U) << result.out << result.err;
  EXPECT_EQ(report["door"], door);
  for (const auto& jump : report["jumps"]) {
    EXPECT_EQ(jump["outcome"], "returned");
    EXPECT_EQ(jump["status"], 0) << "number of comparisons that failed";
    EXPECT_EQ(jump["repairs"].size(), 2U) << "A20 and the 8259's masks: " << jump["repairs"];
  }
  ASSERT_TRUE(result.files.contains("/tmp/reply"));
  const auto checks = register_checks(result.files.at("/tmp/reply"));
  EXPECT_EQ(checks.size(), kRegisterChecks);
  for (const RegisterCheck& check : checks) {
    EXPECT_EQ(check.expected, check.found) << check.name;
  }
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

INSTANTIATE_TEST_SUITE_P(Ways, RegistersThroughDoor,
                         testing::Values(Way{"6.12", "kexec"}, Way{"debian", "wake"},
                                         Way{"debian-6.12", "wake"}),
                         [](const auto& way) {
                           return std::string(way.param.first == "6.12"     ? "v6_12"
                                              : way.param.first == "debian" ? "debian_v6_1"
                                                                            : "debian_v6_12") +
                                  "_" + way.param.second;
                         });

}  // namespace
}  // namespace kjump::tests
