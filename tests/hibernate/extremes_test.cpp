// SPDX-License-Identifier: MIT
// Rule: an image may hold nearly all of memory, compressible or not; a machine of another size refuses it; a
// machine that sleeps can be saved without waking Linux.
#include <gmock/gmock.h>

#include "hibernate/cycle.hpp"

namespace kjump::tests {
namespace {

// 95 % of RAM in use by what can neither be compressed nor given back. Linux' own image is at most half of
// RAM.
TEST(Extremes, MemoryFullOfWhatDoesNotCompress) {
  Cycle cycle(Shape{.memory_mib = 512}, 768);
  const JobResult result = cycle.run(std::string(kWork) + "store=" + cycle.store() + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
mount -o remount,size=100% /work
# In thousandths of MemTotal: what is neither free nor content of files that could be read again, nor a cache of the kernel.
used() {
  awk '/^MemTotal:/ { t = $2 } /^(MemFree|Active\(file\)|Inactive\(file\)|SReclaimable):/ { f += $2 }
    END { print int(1000 - 1000 * f / t) }' /proc/meminfo
}
total=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo); i=0
head -c $(((945 - $(used)) * total / 1000 * 1024)) /dev/urandom >/work/ballast || exit 4
while [ $(used) -lt 952 ]; do
  head -c 500000 /dev/urandom >/work/ballast$i || exit 4; i=$((i + 1))
done
md5sum /work/ballast* /work/file >/work/md5
echo "== used"; used
remember
kjump hibernate --to $store --door kexec --json >/tmp/report || { cat /tmp/report; exit 5; }
echo "== survived"; survived
echo "== report"; cat /tmp/report
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_GE(std::stoi(section(result.out, "used")), 950) << "the test's own: memory was not full";
  const auto report = json_section(result.out, "report");
  const auto pages = report["pages"];
  EXPECT_GE(pages["data"].get<std::uint64_t>() * 4096, std::uint64_t{512} * 1024 * 1024 * 8 / 10) << pages;
  EXPECT_EQ(pages["free"], pages["kernel_free"])
      << "free pages by their structures, and as the kernel counts";
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

}  // namespace
}  // namespace kjump::tests
