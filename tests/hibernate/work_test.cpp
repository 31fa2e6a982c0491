// SPDX-License-Identifier: MIT
// Rule: files that were open, mounted and half written survive one power cycle after another, and a file
// system check finds nothing; the power button works and PCI configuration is what it was.
#include <unistd.h>

#include <gmock/gmock.h>

#include "hibernate/cycle.hpp"

namespace kjump::tests {
namespace {

class Work : public testing::Test {
 protected:
  void SetUp() override {
    data_ = std::filesystem::temp_directory_path() / ("kjump-work-" + std::to_string(getpid()) + ".img");
    const std::string make =
        "truncate -s 64M '" + data_.string() + "' && /sbin/mkfs.ext4 -q -F '" + data_.string() + "'";
    ASSERT_EQ(std::system(make.c_str()), 0) << make;
  }
  void TearDown() override { std::filesystem::remove(data_); }

  std::filesystem::path data_;
};

// `hibernate` between two writes of a program that goes on writing; several times.
std::string script(const Cycle& cycle, int times) {
  return std::string(kWork) + "store=" + cycle.store() + "; door='" + cycle.door() +
         "'; times=" + std::to_string(times) + "\n" + R"sh(
mkdir -p /data && mount -t ext4 /dev/vdb /data || exit 4
head -c 3000000 /dev/urandom >/data/file; md5sum /data/file >/data/md5
(while :; do date >>/data/log; sleep 0.3; done) & writer=$!
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
config() { for f in /sys/bus/pci/devices/*/config; do echo $f; hexdump -C $f | head -n 4; done; }
for i in $(seq $times); do
  config >/work/config; remember
  kjump hibernate --to $store $door >/work/report 2>&1 || { cat /work/report; exit 5; }
  echo "== survived$i"; survived; config | diff /work/config - && echo "same configuration"
  echo 3 >/proc/sys/vm/drop_caches; md5sum -c -s /data/md5 && echo "file as before"
  lines=$(wc -l </data/log); sleep 1; [ "$(wc -l </data/log)" -gt $lines ] && echo "still writing"
done
echo "== button"; grep -c . /sys/firmware/acpi/interrupts/ff_pwr_btn && cat /sys/firmware/acpi/interrupts/ff_pwr_btn
kill $writer; wait $writer; umount /data && echo "== unmounted"
)sh";
}

TEST_F(Work, SurvivesThreePowerCycles) {
  constexpr int kTimes = 3;
  Cycle cycle(Shape{});
  cycle.guest().options.machine.disks.push_back(Disk{data_, DiskBus::kVirtio, false});
  const JobResult result = cycle.run(script(cycle, kTimes), {}, kTimes);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (int i = 1; i <= kTimes; ++i) {
    EXPECT_EQ(section(result.out, "survived" + std::to_string(i)),
              "SURVIVED\nsame configuration\nfile as before\nstill writing\n");
  }
  EXPECT_THAT(section(result.out, "button"), testing::HasSubstr("enabled"));
  EXPECT_THAT(result.out, testing::HasSubstr("== unmounted"));
  const std::string check = "/sbin/e2fsck -fn '" + data_.string() + "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0) << "e2fsck finds something";
}

// H1: somebody else has mounted it since.
TEST_F(Work, AFileSystemThatWasMountedMeanwhileIsNotOverrun) {
  Cycle cycle(Shape{});
  cycle.guest().options.machine.disks.push_back(Disk{data_, DiskBus::kVirtio, false});
  ASSERT_TRUE(cycle.save_only(script(cycle, 1)));
  Guest other;
  other.options.machine = cycle.guest().options.machine;
  const JobResult mounted = other.run(
      "mkdir /data; mount -t ext4 /dev/vdb /data && echo new >/data/new && umount /data && echo written; "
      "kjump resume /dev/vda1; echo \"status $?\"; kjump hibernate status /dev/vda1");
  EXPECT_THAT(mounted.out, testing::HasSubstr("written\n"));
  EXPECT_THAT(mounted.out, testing::HasSubstr("status 1\n"));
  EXPECT_THAT(mounted.err + mounted.out, testing::HasSubstr("mounted or written since"));
  expect_refusal(cycle.guest().options.machine, "has been mounted or written since the image was saved");
}

}  // namespace
}  // namespace kjump::tests
