// SPDX-License-Identifier: MIT
// Rule: a second kernel that has not come back at its deadline loses the processor, however it hangs; the
// first one goes on with all that it had, drops it, and starts a fresh one.
#include <gmock/gmock.h>

#include <regex>

#include "kernels_two/pair.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr double kDeadline = 6;
constexpr double kLatest = kDeadline + 2;

// The second kernel comes back once, within its deadline, and hangs at its second visit.
constexpr const char* kScript = R"sh(
run="kjump kernel run /k/bzImage --initrd /k/initrd --deadline 150"
echo "== run"; $run $options --append "$append" 2>&1; echo "status $?"; echo "A $(cared 1)"; echo "B $(letter)"
echo "== hung"; kjump kernel enter --deadline 6 2>&1; echo "status $?"
echo "== after"; cared 2
echo "== status"; kjump kernel status --json
echo "== enter"; kjump kernel enter 2>&1; echo "status $?"
echo "== drop"; kjump kernel drop; cat /sys/kernel/kexec_loaded
echo "== fresh"; $run $options --append "$append" 2>&1; echo "status $?"; echo "A $(cared 3)"; echo "B $(letter)"
echo "== end"; kjump kernel drop; kill $counter; wait $counter 2>/dev/null; umount /data && echo unmounted
)sh";

// Runs in the second kernel, at its second visit.
std::string hang(const std::string& how) {
  return "[ $1 = 2 ] || return\n" + how;
}

std::string payload(const std::string& what) {
  return hang("printf " + what + " >/tmp/what; kjump run /faults.kjump --in /tmp/what --deadline 600 >&2");
}

void expect_rescue(const PairShape& shape, const std::string& options = "--memory 96M --place hugepages") {
  Pair pair(shape);
  pair.guest().with_file(KJUMP_FAULTS, "/b/faults.kjump");
  const JobResult result = pair.run("options='" + options + "'\n" + kScript);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const char* visit : {"run", "fresh"}) {
    EXPECT_THAT(section(result.out, visit),
                testing::AllOf(HasSubstr("back after"), HasSubstr("status 0\nA OK\nB visit 1: OK; 1; ")));
  }
  const std::string hung = section(result.out, "hung");
  EXPECT_THAT(hung, testing::AllOf(HasSubstr("did not come back within 6 s and is lost"),
                                   HasSubstr("kjump kernel drop"), HasSubstr("status 1\n")));
  std::smatch away;
  ASSERT_TRUE(std::regex_search(hung, away, std::regex("after ([0-9.]+) s"))) << hung;
  EXPECT_GE(std::stod(away[1]), kDeadline);
  EXPECT_LE(std::stod(away[1]), kLatest);
  EXPECT_EQ(section(result.out, "after"), "OK\n");
  const auto known = json_section(result.out, "status")["kernels"][0];
  EXPECT_EQ(known["waits"], false);
  EXPECT_THAT(std::string(known["lost"]), HasSubstr("overdue"));
  EXPECT_THAT(section(result.out, "enter"),
              testing::AllOf(HasSubstr("cannot be entered again"), HasSubstr("status 1\n")));
  EXPECT_THAT(section(result.out, "drop"),
              testing::AllOf(testing::StartsWith("dropped second"), testing::EndsWith("\n0\n")));
  EXPECT_THAT(section(result.out, "end"), HasSubstr("unmounted"));
  pair.disks().expect_clean();
}

TEST(Guard, RescuesTheFirstKernelFromOneThatHaltsWithInterruptsOff) {
  const std::string how = payload("pH");
  expect_rescue({.second_visit = how.c_str()});
}

}  // namespace
}  // namespace kjump::tests
