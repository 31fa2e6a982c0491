// SPDX-License-Identifier: MIT
// Rule: two i386 kernels change places as two x86_64 ones do. These have neither disks nor network: what the
// second one has found is on its console.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "kernels_two/pair.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

// i386 test kernels have no huge pages.
constexpr const char* kReserved = "memmap=96M$0x8000000";
constexpr const char* kOptions = "--memory 96M --place reserved";

constexpr const char* kThereAndBack = R"sh(
echo "== kernel"; uname -m
echo "== start"; kjump kernel run /k/bzImage --initrd /k/initrd --append "$append" $options 2>&1; echo "status $?"; cared 1
for i in 2 3; do
  echo "== visit$i"; kjump kernel enter 2>&1; echo "status $?"; cared $i
done
echo "== status"; kjump kernel status --json
echo "== drop"; kjump kernel drop; cat /sys/kernel/kexec_loaded
)sh";

void expect_there_and_back(const PairShape& shape) {
  Pair pair(shape);
  pair.guest().options.machine.artifacts = pair.disks().path("a").parent_path() / "logs";
  const JobResult result = pair.run("options='" + std::string(kOptions) + "'\n" + kThereAndBack);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(section(result.out, "kernel"), "i686\n");
  for (const char* jump : {"start", "visit2", "visit3"}) {
    EXPECT_THAT(section(result.out, jump),
                testing::AllOf(HasSubstr("back after"), testing::EndsWith("status 0\nOK\n")));
  }
  std::ifstream log(result.console);
  const std::string console{std::istreambuf_iterator<char>(log), {}};
  for (int visit = 1; visit <= 3; ++visit) {
    EXPECT_THAT(console, HasSubstr("B: visit " + std::to_string(visit) + ": OK; 1; "));
  }
  EXPECT_EQ(json_section(result.out, "status")["kernels"][0]["crossings"], 6);
  EXPECT_THAT(section(result.out, "drop"), testing::EndsWith("\n0\n"));
}

TEST(I386Pair, GoesThereAndBackThreeTimes) {
  expect_there_and_back({.first = "6.12-i386", .second = "6.12-i386", .append = kReserved, .bare = true});
}

TEST(NightlyI386Pair, WithAndWithoutPae) {
  expect_there_and_back({.first = "6.12-i386", .second = "6.1-i386", .append = kReserved, .bare = true});
  expect_there_and_back({.first = "6.1-i386", .second = "6.12-i386", .append = kReserved, .bare = true});
}

}  // namespace
}  // namespace kjump::tests
