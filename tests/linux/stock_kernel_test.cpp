// SPDX-License-Identifier: MIT
// Rule: a job in a guest with a kernel as Debian ships it, drivers in modules, finds its disk on whatever
// controller, mounts a file system from it, and may suspend the machine to RAM: it wakes up by its alarm, and
// the job's result still comes through the agent's port.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

using Shape = std::tuple<const char*, const char*, DiskBus>;  // kernel, machine, disk

constexpr std::uintmax_t kDiskBytes = 32U << 20;

class StockKernel : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    disk_ = std::filesystem::temp_directory_path() / ("kjump-stock-" + std::to_string(getpid()) + ".img");
    // A file system that says "kjump" as its label.
    const std::string make = "truncate -s " + std::to_string(kDiskBytes) + " '" + disk_.string() +
                             "' && /sbin/mkfs.ext4 -q -F -L kjump '" + disk_.string() + "'";
    ASSERT_EQ(std::system(make.c_str()), 0) << make;
  }
  void TearDown() override { std::filesystem::remove(disk_); }

  std::filesystem::path disk_;
};

const char* const kScript = R"sh(
for disk in /dev/vda /dev/sda /dev/nvme0n1; do [ ! -e $disk ] || break; done
name=${disk#/dev/}
echo "== kernel"; uname -r
echo "== disk"; echo "$name $(($(cat /sys/class/block/$name/size) * 512)) $(dd if=$disk bs=1 skip=1144 count=5 2>/dev/null)"
echo "== file-system"
mount -t ext4 $disk /mnt && echo precious >/mnt/file && cat /mnt/file
echo "== sleep"
cat /sys/power/mem_sleep
echo +4 >/sys/class/rtc/rtc0/wakealarm && echo mem >/sys/power/state && echo awake
echo 3 >/proc/sys/vm/drop_caches
echo "== afterwards"; cat /mnt/file; umount /mnt
echo "online $(cat /sys/devices/system/cpu/online)"
dmesg | grep -E 'BUG|WARNING|Oops|Call Trace' || echo "nothing to complain about"
)sh";

TEST_P(StockKernel, ReadsItsDiskAndComesBackFromSleep) {
  const auto& [kernel, machine, bus] = GetParam();
  Guest guest(kernel);
  guest.options.machine.machine = machine;
  guest.options.machine.cpus = 2;
  guest.options.machine.disks = {Disk{.path = disk_, .bus = bus, .read_only = false}};
  const JobResult result = guest.run(kScript);
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;

  const std::string release = lines(section(result.out, "kernel")).at(0);
  const bool cloud = std::string(kernel) == "debian-6.12";
  EXPECT_EQ(release.rfind(cloud ? "6.12." : "6.1.", 0), 0U) << release;
  EXPECT_TRUE(release.ends_with(cloud ? "-cloud-amd64" : "-amd64")) << release;

  static constexpr std::array<const char*, 4> kNames = {"sda", "sda", "nvme0n1", "vda"};
  EXPECT_EQ(lines(section(result.out, "disk")).at(0), std::string(kNames.at(static_cast<std::size_t>(bus))) +
                                                          " " + std::to_string(kDiskBytes) + " kjump");
  EXPECT_EQ(section(result.out, "file-system"), "precious\n");
  EXPECT_EQ(section(result.out, "sleep"), "s2idle [deep]\nawake\n");
  EXPECT_EQ(section(result.out, "afterwards"), "precious\nonline 0-1\nnothing to complain about\n");
}

std::string name_of(const testing::TestParamInfo<Shape>& shape) {
  const auto& [kernel, machine, bus] = shape.param;
  static constexpr std::array<const char*, 4> kNames = {"ide", "ahci", "nvme", "virtio"};
  const std::string version = std::string(kernel) == "debian" ? "v6_1" : "v6_12_cloud";
  return version + "_" + machine + "_" + kNames.at(static_cast<std::size_t>(bus));
}

INSTANTIATE_TEST_SUITE_P(
    Debian, StockKernel,
    testing::Values(Shape{"debian", "pc", DiskBus::kIde}, Shape{"debian", "q35", DiskBus::kAhci},
                    Shape{"debian", "pc", DiskBus::kNvme}, Shape{"debian", "pc", DiskBus::kVirtio},
                    Shape{"debian-6.12", "pc", DiskBus::kIde}, Shape{"debian-6.12", "q35", DiskBus::kAhci},
                    Shape{"debian-6.12", "q35", DiskBus::kNvme},
                    Shape{"debian-6.12", "q35", DiskBus::kVirtio}),
    name_of);

}  // namespace
}  // namespace kjump::tests
