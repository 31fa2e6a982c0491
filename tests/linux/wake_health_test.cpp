// SPDX-License-Identifier: MIT
// Rule: jumps through the wake door harm nothing that Linux has: file systems mounted read-write on IDE,
// AHCI, virtio and NVMe disks, with a writer at work on each, the network, the second processor and the clock
// are as they were, and e2fsck finds nothing to repair.
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "linux/wake.hpp"

namespace kjump::tests {
namespace {

using Drive = std::pair<const char*, DiskBus>;  // also the file system's label

constexpr std::array<Drive, 4> kDrives = {{{"ide", DiskBus::kIde},
                                           {"ahci", DiskBus::kAhci},
                                           {"virtio", DiskBus::kVirtio},
                                           {"nvme", DiskBus::kNvme}}};

// The network's other end is in QEMU, whose gateway answers pings.
constexpr const char* kScript = R"sh(
drives="ide ahci virtio nvme"
clock() { echo $(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch))); }
ping_gateway() { ping -c 1 -W 5 10.0.2.2 >/dev/null && echo "network answers"; }
for d in $drives; do
  mkdir /mnt/$d && mount -t ext4 "$(findfs LABEL=$d)" /mnt/$d || exit 1
  head -c 2000000 /dev/urandom >/mnt/$d/file
  (while :; do echo written >>/mnt/$d/log; usleep 20000; done) & writers="$writers $!"
done
md5sum /mnt/*/file >/tmp/files.md5
ifconfig eth0 10.0.2.15 up
echo "== before"; ping_gateway
code >/tmp/code; clock >/tmp/clock; health before
kjump run /job/hello_real.kjump --door wake --jumps 4 --json >/tmp/report; status=$?
echo "== report"; cat /tmp/report
for d in $drives; do wc -l </mnt/$d/log >/tmp/$d.lines; done
sleep 1
echo "== after"; ping_gateway
[ $(($(clock) - $(cat /tmp/clock))) -ge -1 ] && [ $(($(clock) - $(cat /tmp/clock))) -le 1 ] && echo "clock agrees"
for d in $drives; do [ "$(wc -l </mnt/$d/log)" -gt "$(cat /tmp/$d.lines)" ] && echo "$d is written"; done
kill $writers; wait; sync; echo 3 >/proc/sys/vm/drop_caches
md5sum -c /tmp/files.md5 | grep -c OK
code | cmp - /tmp/code && echo "wake-up code as before"
umount /mnt/* && echo unmounted
echo "== health"; health after
exit $status
)sh";

class WakeHealth : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = "kjump-health-" + std::string(GetParam()) + "-" + std::to_string(getpid());
    directory_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directories(directory_);
    for (const Drive& drive : kDrives) {
      const std::string path = image_of(drive).string();
      std::string make = "truncate -s 32M '";
      make.append(path).append("' && /sbin/mkfs.ext4 -q -F -L ").append(drive.first);
      make.append(" '").append(path).append("'");
      ASSERT_EQ(std::system(make.c_str()), 0) << make;
    }
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::filesystem::path image_of(const Drive& drive) const {
    return directory_ / (std::string(drive.first) + ".img");
  }

 private:
  std::filesystem::path directory_;
};

TEST_P(WakeHealth, FileSystemsNetworkAndClockAreAsTheyWere) {
  Guest guest(GetParam());
  guest.options.machine.cpus = 2;
  guest.options.machine.extra_arguments = {"-netdev", "user,id=net,restrict=on", "-device",
                                           "virtio-net-pci,netdev=net,romfile="};
  for (const Drive& drive : kDrives) {
    guest.options.machine.disks.push_back(
        Disk{.path = image_of(drive), .bus = drive.second, .read_only = false});
  }
  guest.job.limit = std::chrono::seconds(120);
  guest.with_image("hello_real");
  const JobResult result = guest.run(std::string(kHealth) + kWake + kScript);
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "before"), "network answers\n");
  const auto report = json_section(result.out, "report");
  ASSERT_EQ(report["jumps"].size(), 4U) << report.dump();
  for (const auto& jump : report["jumps"]) {
    EXPECT_TRUE(hello_returned(jump));
  }
  EXPECT_EQ(section(result.out, "after"),
            "network answers\nclock agrees\nide is written\nahci is written\nvirtio is written\nnvme is "
            "written\n4\nwake-up code as before\nunmounted\n");
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
  for (const Drive& drive : kDrives) {
    const std::string check = "/sbin/e2fsck -fn '" + image_of(drive).string() + "' >/dev/null 2>&1";
    EXPECT_EQ(std::system(check.c_str()), 0) << check;
  }
}

INSTANTIATE_TEST_SUITE_P(Debian, WakeHealth, testing::Values("debian", "debian-6.12"),
                         [](const testing::TestParamInfo<const char*>& kernel) {
                           return std::string(kernel.param) == "debian" ? "v6_1" : "v6_12_cloud";
                         });

}  // namespace
}  // namespace kjump::tests
