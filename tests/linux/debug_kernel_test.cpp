// SPDX-License-Identifier: MIT
// Rule: a kernel that watches its own locks and preemption (PREEMPT, lockdep, atomic sleep) has nothing to
// say against a jump that it would not say against the least that a jump can be, one page that goes back at
// once. (6.12 says "sleeping function called from invalid context" of its own way back, in either case.)
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

// Complaints of the kernel, each but once, without time stamps.
constexpr const char* kScript = R"sh(
complaints() { dmesg -c | sed 's/^\[[^]]*\] *//' | grep -E 'WARNING|BUG|INFO: |inconsistent lock|suspicious|invalid context|Oops|general protection' | sort -u; }
complaints >/tmp/boot
echo "== lockdep"; grep -c . /proc/lockdep_stats
echo "== bare"; bare /job/bare.bin 2; complaints
echo "== kjump"; kjump run /job/hello_real.kjump --jumps 5 --json >/tmp/report; code=$?; complaints
echo "== report"; cat /tmp/report
echo "== boot"; cat /tmp/boot
exit $code
)sh";

TEST(DebugKernel, ComplainsOfNoJump) {
  Guest guest("6.12-debug");
  guest.options.machine.cpus = 2;
  guest.options.machine.extra_arguments = {"-nodefaults"};
  guest.with_image("hello_real")
      .with_file(KJUMP_BARE_PAGE, "/job/bare.bin")
      .with_file(KJUMP_BARE_JUMP, "/bin/bare", true);
  const JobResult result = guest.run(kScript);
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_GT(std::atoi(section(result.out, "lockdep").c_str()), 10) << "the kernel has no lockdep";
  EXPECT_EQ(section(result.out, "kjump"), section(result.out, "bare"));
  EXPECT_EQ(section(result.out, "boot"), "");
  const auto report = json_section(result.out, "report");
  ASSERT_EQ(report["jumps"].size(), 5U) << report.dump();
  for (const auto& jump : report["jumps"]) {
    EXPECT_EQ(jump["outcome"], "returned");
  }
}

}  // namespace
}  // namespace kjump::tests
