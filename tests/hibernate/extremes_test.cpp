// SPDX-License-Identifier: MIT
// Rule: an image may hold nearly all of memory, compressible or not; a machine of another size refuses it; a
// machine that sleeps can be saved without waking Linux.
#include <gmock/gmock.h>

#include "hibernate/cycle.hpp"
#include "hibernate/wake_button.hpp"

namespace kjump::tests {
namespace {

// Shell: per cent of RAM that are random bytes in a tmpfs.
constexpr const char* kFull = R"sh(
mount -o remount,size=100% /work
random() { awk -v b=$(du -sk /work | cut -f1) '/^MemTotal:/ { printf "%d", 100 * b / $2 }' /proc/meminfo; }
fill() { # MEASURE PERCENT STEP
  i=0
  while [ $($1) -lt $2 ]; do head -c $3 /dev/urandom >/work/ballast$i || exit 4; i=$((i + 1)); done
  md5sum /work/ballast* /work/file >/work/md5
}
)sh";

// swsusp stops at half of RAM.
TEST(Extremes, MemoryFullOfWhatDoesNotCompress) {
  Cycle cycle(Shape{.memory_mib = 512}, 768);
  const JobResult result = cycle.run(std::string(kWork) + "store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
mount -o remount,size=100% /work
i=0
while [ $(awk '/MemAvailable/ { print $2 }' /proc/meminfo) -gt 45000 ]; do
  head -c 2000000 /dev/urandom >/work/ballast$i; i=$((i + 1))
done
md5sum /work/ballast* /work/file >/work/md5
echo "== free"; awk '/MemTotal/ { t = $2 } /MemFree/ { f = $2 } END { print int(100 - 100 * f / t) }' /proc/meminfo
remember
kjump hibernate --to $store --door kexec --json >/tmp/report || { cat /tmp/report; exit 5; }
echo "== survived"; survived
echo "== report"; cat /tmp/report
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_GE(std::stoi(section(result.out, "free")), 85) << "the test's own: memory was not full";
  const auto pages = json_section(result.out, "report")["pages"];
  EXPECT_EQ(pages["free"], pages["kernel_free"])
      << "free pages by their structures, and as the kernel counts";
}

// 95 % of RAM are random bytes; kernel, programs and the payload share the rest. No page of 2 MiB may be had
// any more then: the workspace is single pages.
TEST(NightlyExtremes, NearlyAllOfMemoryIsWhatDoesNotCompress) {
  Cycle cycle(Shape{.memory_mib = 1536}, 2048);
  cycle.guest().job.limit = std::chrono::seconds(1500);
  const JobResult result = cycle.run(std::string(kWork) + kFull + "store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
fill random 95 2000000
echo "== full"; random
remember
kjump hibernate --to $store --json >/tmp/report || { cat /tmp/report; cat /proc/meminfo; exit 5; }
echo "== survived"; survived
echo "== report"; cat /tmp/report
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_GE(std::stoi(section(result.out, "full")), 95) << "the test's own: memory was not full";
}

// Program text, which takes LZ4 some seconds.
TEST(Extremes, ASaveThatTakesTooLongIsGivenUp) {
  Cycle cycle(Shape{.memory_mib = 512});
  const JobResult result = cycle.guest().run(std::string(kWork) + "store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null || exit 3
for i in $(seq 60); do cat /bin/kjump >/work/text$i; [ $(awk '/MemAvailable/ { print $2 }' /proc/meminfo) -gt 60000 ] || break; done
remember
echo "== late"; kjump hibernate --to $store --door kexec --compress always --deadline 1 2>&1; echo "status $?"
echo "== survived"; survived
echo "== status"; kjump hibernate status $store
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(section(result.out, "late"),
              testing::AllOf(testing::HasSubstr("stopped after 1000 ms"), testing::HasSubstr("status 1\n")));
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_THAT(section(result.out, "status"), testing::HasSubstr("slot 0   empty\nslot 1   empty\n"));
}

TEST(Extremes, AnotherMemorySizeIsRefused) {
  Cycle cycle(Shape{});
  ASSERT_TRUE(cycle.save_only("store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
kjump hibernate --to $store
)sh"));
  MachineOptions larger = cycle.guest().options.machine;
  larger.memory_mib = 320;
  expect_refusal(larger, "the firmware's memory map differs");
}

TEST(Extremes, ASleepingMachineIsSavedWithoutWakingLinux) {
  Cycle cycle(Shape{.kernel = "debian", .door = "wake"});
  const JobResult result = cycle.run(std::string(kWork) + "store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
remember
kjump suspend-then-hibernate --to $store --after 1 --json >/tmp/report || { cat /tmp/report; exit 5; }
echo "== survived"; survived
echo "== status"; kjump hibernate status $store
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_THAT(section(result.out, "status"), testing::HasSubstr("done"));
}

// Nothing is written then; the machine has slept, and goes on at once.
TEST(NightlySleep, TheButtonBeforeTheAlarmWakesLinux) {
  Cycle cycle(Shape{.kernel = "debian", .door = "wake"});
  const WakeButton button(cycle.disk().path().parent_path());
  cycle.guest().options.machine.extra_arguments = button.arguments();
  const JobResult result = cycle.guest().run(std::string(kWork) + "store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null || exit 3
remember
kjump suspend-then-hibernate --to $store --after 60 --json >/tmp/report; code=$?
echo "== survived"; survived
echo "== status"; kjump hibernate status $store
echo "== report"; cat /tmp/report
exit $code
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(button.presses(), 1);
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_EQ(section(result.out, "status").find("committed"), std::string::npos) << result.out;
  EXPECT_EQ(json_section(result.out, "report")["status"], "woken") << result.out;
}

}  // namespace
}  // namespace kjump::tests
