// SPDX-License-Identifier: MIT
// Rule: snapshots of a running system leave it as it was, and after a power cut each of them can be gone back
// to.
#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>

#include "kernels_two/revival.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr const char* kRestoreNumber =
    "kjump kernel restore $dump --snapshot $(sed 's/.*number=\\([0-9]*\\).*/\\1/' /proc/cmdline) 2>&1 ||"
    " { echo 'not restored'; sleep 1000; }";

/// A's work is in memory only: what its disks hold must not change between snapshot and restore. The host
/// writes into the letter box that the machine was started anew.
std::string life(const std::string& dump) {
  return "dump=" + dump + R"sh(
mkdir -p /work && mount -t tmpfs none /work
head -c 8000000 /dev/urandom >/work/file; md5sum /work/file >/work/md5
(i=0; while :; do i=$((i + 1)); echo $i >/work/count.new && mv /work/count.new /work/count; sleep 0.1; done) &
counter=$!
is_anew() { blockdev --flushbufs $letters; echo 3 >/proc/sys/vm/drop_caches; dd if=$letters bs=512 skip=8 count=1 2>/dev/null | grep -q anew; }
told() {
  echo "== told"; echo "state $(cat /work/state)"; cat /tmp/shot
  md5sum -c -s /work/md5 && echo "memory OK"
  before=$(cat /work/count); sleep 1; [ "$(cat /work/count)" -gt "$before" ] && echo "process OK"
  dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|general protection' || echo "kernel OK"
  exit 0
}
shot() {
  kjump snapshot --to $dump $anew --kernel /k/bzImage --memory 96M --place reserved --append no_timer_check --json >/tmp/shot 2>/tmp/error ||
    { cat /tmp/error; exit 5; }
  cat /tmp/shot; anew=
  ! is_anew || told
}
)sh";
}

// The fourth disk comes with a file system.
constexpr const char* kTwice = R"sh(
! kjump snapshot --to $dump --kernel /k/bzImage 2>/tmp/error && grep -q 'ext4 file system' /tmp/error || { cat /tmp/error; exit 6; }
anew=--anew
echo one >/work/state; shot
head -c 6000000 /dev/urandom >/work/more; echo two >/work/state; shot
echo three >/work/state
kjump snapshot list --to $dump
kjump kernel status
poweroff -f -n
)sh";

std::string start_restorer(int number) {
  return "kjump kernel run /k/bzImage --initrd /k/initrd --append \"$append role=restore number=" +
         std::to_string(number) + "\" " + kAtReservation + "\n";
}

TEST(NightlySnapshot, TwiceThenAPowerCutThenBackToTheFirstAndToTheSecond) {
  Revival revival({.memory_mib = 320}, "", kRestoreNumber, 256);
  ASSERT_TRUE(revival.save_without_work(life(revival.pair().device(3)) + kTwice));
  {
    std::fstream letters(revival.pair().disks().path("letters"), std::ios::in | std::ios::out);
    letters.seekp(8 * 512);
    letters << "anew";
  }
  for (int number = 1; number <= 2; ++number) {
    const JobResult result = revival.restore(start_restorer(number));
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_THAT(
        section(result.out, "told"),
        testing::AllOf(HasSubstr(number == 1 ? "state one" : "state two"), HasSubstr("\"restored\": true"),
                       HasSubstr("memory OK"), HasSubstr("process OK"), HasSubstr("kernel OK")));
  }
}

// A series in a file on a file system in use, with its sizes.
constexpr const char* kSeries = R"sh(
mkdir -p /data && mount -t ext4 $dump /data; disk=$dump; dump=/data/snap
echo "== refused"; for anew in '' --anew; do kjump snapshot --to $disk $anew --kernel /k/bzImage 2>&1; echo "status $?"; done
echo "== shots"
size='--size 192M'
for i in 1 2 3; do
  kjump snapshot --to $dump $size --kernel /k/bzImage --memory 96M --append no_timer_check --json || exit 5; size=
  head -c 4000000 /dev/urandom >/work/more.$i
done | sed 's/^}/}/'
echo "== list"; kjump snapshot list --to $dump --json
echo "== full"; head -c 60000000 /dev/urandom >/work/much; kjump snapshot --to $dump 2>&1; echo "status $?"
kjump snapshot --to $dump 2>&1; echo "status $?"
echo "== after"; md5sum -c -s /work/md5 && echo "memory OK"; sync; umount /data; echo "== end"
)sh";

TEST(NightlySnapshot, ASeriesInAFileTellsTimesAndSizes) {
  // Smaller ones get a file system with blocks of 1 KiB, which hold no store.
  Revival revival({.memory_mib = 320}, "", "", 600);
  Guest& guest = revival.pair().guest();
  // The whole disk is mounted, not a partition, and 6.12 keeps such ones to its file systems.
  guest.options.extra_command_line += " bdev_allow_write_mounted=1";
  const JobResult result =
      guest.run(revival.pair().second_prologue() + life(revival.pair().device(3)) + kSeries);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(section(result.out, "refused"),
              testing::MatchesRegex(
                  "kjump: the device is in use.*status 1\nkjump: the device is in use.*status 1\n"));
  const nlohmann::json list = json_section(result.out, "list");
  ASSERT_EQ(list["snapshots"].size(), 3U) << result.out;
  for (const nlohmann::json& snapshot : list["snapshots"]) {
    EXPECT_GT(snapshot["saving_ms"], 0);
  }
  // The first start of the second kernel leaves more behind than is new before the second snapshot.
  constexpr int kNew = 4'000'000;
  EXPECT_GT(list["snapshots"][2]["bytes"].get<int>() - list["snapshots"][1]["bytes"].get<int>(), kNew / 2);
  EXPECT_THAT(section(result.out, "full"), testing::AllOf(HasSubstr("no room left"), HasSubstr("status 1")));
  EXPECT_THAT(section(result.out, "after"), HasSubstr("memory OK"));
  const std::string check =
      "/sbin/e2fsck -fn '" + revival.pair().disks().path("dump").string() + "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

}  // namespace
}  // namespace kjump::tests
