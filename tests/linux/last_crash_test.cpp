// SPDX-License-Identifier: MIT
// Rule: a jump that takes the whole machine with it is on record after the reset: which image, how far it had
// come, what it had printed; the record goes when asked to, and nothing else claims to be one.
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

// The guest boots twice: the payload resets it.
constexpr const char* kScript = R"sh(
kjump last-crash --json >/tmp/before || exit 2
if grep -q '"crash": null' /tmp/before; then
  printf pT >/tmp/what
  kjump run /job/test_faults.kjump --in /tmp/what --door $door
  echo "still here"; exit 1
fi
echo "== crash"; cat /tmp/before
echo "== text"; kjump last-crash
echo "== another"; kjump run /job/hello_real.kjump --door $door --json
kjump last-crash --json --clear >/dev/null
echo "== cleared"; kjump last-crash
)sh";

class LastCrash : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(LastCrash, IsToldAfterTheReset) {
  const auto& [kernel, door] = GetParam();
  Guest guest(kernel);
  guest.options.machine.extra_arguments = {"-action", "reboot=reset"};
  guest.options.extra_command_line = "kjump_end=poweroff";
  guest.with_file(KJUMP_FAULTS, "/job/test_faults.kjump").with_image("hello_real");
  const JobResult result = guest.run("door=" + std::string(door) + "\n" + kScript);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const auto crash = json_section(result.out, "crash")["crash"];
  EXPECT_EQ(crash["image"], "test_faults");
  EXPECT_EQ(crash["stage"], "payload");
  EXPECT_EQ(crash["jump"], 1);
  EXPECT_EQ(crash["firmware_calls"], 0);
  EXPECT_EQ(crash["this_boot"], false);
  EXPECT_NE(section(result.out, "text").find("it was in the payload"), std::string::npos);
  EXPECT_EQ(json_section(result.out, "another")["jumps"][0]["outcome"], "returned");
  EXPECT_NE(section(result.out, "text").find("image 'test_faults'"), std::string::npos);
  EXPECT_EQ(section(result.out, "cleared"), "no jump is on record that did not come back\n");
}

INSTANTIATE_TEST_SUITE_P(Ways, LastCrash,
                         testing::Values(std::pair{"6.12", "kexec"}, std::pair{"debian", "wake"}),
                         [](const auto& way) { return std::string(way.param.second); });

}  // namespace
}  // namespace kjump::tests
