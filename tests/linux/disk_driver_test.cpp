// SPDX-License-Identifier: MIT
// Rule: a payload drives a disk that Linux has in use, with the runtime's own drivers, and Linux goes on with
// that disk as if nothing had been: what Linux wrote is what the payload reads, what the payload wrote is
// what Linux reads, mounted file systems are sound, and the kernel has nothing to complain about. Two jumps
// for each controller, all four in one guest.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "linux/guest.hpp"
#include "vm/disk_protocol.hpp"

namespace kjump::tests {
namespace {

namespace fs = std::filesystem;
using disks::DriverName;
using disks::Step;
using disks::StepKind;

struct Controller {
  const char* name;
  DriverName driver;
  DiskBus bus;
};
constexpr std::array kControllers{Controller{"ide", DriverName::kIde, DiskBus::kIde},
                                  Controller{"ahci", DriverName::kAhci, DiskBus::kAhci},
                                  Controller{"nvme", DriverName::kNvme, DiskBus::kNvme},
                                  Controller{"virtio", DriverName::kVirtio, DiskBus::kVirtio}};

// A file system of 24 MiB, then room for the payload.
constexpr std::uintmax_t kDiskBytes = 32U << 20;
constexpr std::uint64_t kMarkSector = 60000;   // 8 bytes that Linux writes and the payload reads
constexpr std::uint64_t kWriteSector = 61000;  // what the payload writes and Linux reads
constexpr std::uint32_t kWriteSectors = 8;

fs::path scratch_directory() {
  return fs::temp_directory_path() / ("kjump-drivers-" + std::to_string(getpid()));
}

fs::path scratch(const std::string& name) {
  return scratch_directory() / name;
}

fs::path write_request(const Controller& controller, std::uint32_t jump) {
  const std::array<Step, 4> steps{Step{StepKind::kFirst, 1, kMarkSector, 0, 0},
                                  Step{StepKind::kWrite, kWriteSectors, kWriteSector, jump, 0},
                                  Step{StepKind::kFlush, 0, 0, 0, 0},
                                  Step{StepKind::kCheck, kWriteSectors, kWriteSector, jump, 0}};
  disks::Job job;
  job.driver = controller.driver;
  job.steps = steps.size();
  const fs::path path = scratch(controller.name + std::to_string(jump) + ".request");
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&job), sizeof job);
  file.write(reinterpret_cast<const char*>(steps.data()), sizeof steps);
  return path;
}

fs::path write_expected(std::uint32_t jump) {
  const fs::path path = scratch("expected" + std::to_string(jump));
  std::ofstream file(path, std::ios::binary);
  for (std::uint64_t i = 0; i < kWriteSectors * 128; ++i) {
    const std::uint32_t word = disks::pattern_word(jump, kWriteSector * 128 + i);
    file.write(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return path;
}

void expect_reply(const JobResult& result, const Controller& controller, const std::string& jump) {
  SCOPED_TRACE(controller.name + jump);
  const auto found = result.files.find("/tmp/" + std::string(controller.name) + ".reply" + jump);
  std::array<disks::Answer, 4> steps{};
  disks::Opened opened;
  ASSERT_NE(found, result.files.end());
  ASSERT_EQ(found->second.size(), sizeof opened + sizeof steps);
  std::memcpy(&opened, found->second.data(), sizeof opened);
  std::memcpy(steps.data(), found->second.data() + sizeof opened, sizeof steps);
  EXPECT_EQ(opened.answer.code, 0U) << opened.answer.text;
  EXPECT_EQ(opened.sectors, kDiskBytes / 512);
  EXPECT_EQ(opened.command_before, opened.command_after);
  for (const disks::Answer& step : steps) {
    EXPECT_EQ(step.code, 0U) << step.text;
  }
  // The mark, as Linux wrote it: "mark" and the name in four columns, cut to eight bytes.
  std::string mark = std::string(4 - std::min<std::size_t>(4, std::strlen(controller.name)), ' ');
  mark = ("mark" + mark + controller.name).substr(0, sizeof steps[0].value);
  EXPECT_EQ(std::memcmp(&steps[0].value, mark.data(), sizeof steps[0].value), 0);
  EXPECT_EQ(steps[3].value, 0U) << "words that differ from what was written";
}

// $disk of a controller is found by the label of its file system.
const char* const kScript = R"sh(
health before
for name in ide ahci nvme virtio; do
  for disk in /dev/sda /dev/sdb /dev/nvme0n1 /dev/vda; do
    [ "$(dd if=$disk bs=1 skip=1144 count=8 2>/dev/null | tr -d '\0')" != "$name" ] || break
  done
  # Before mounting: a kernel may keep others from writing to a mounted disk.
  printf "mark%4s" $name | dd of=$disk bs=512 seek=60000 conv=notrunc 2>/dev/null || exit 1
  mkdir -p /mnt/$name; mount -t ext4 $disk /mnt/$name || exit 1
  head -c 1000000 /dev/urandom >/mnt/$name/before; md5sum </mnt/$name/before >/tmp/$name.md5; sync
  echo "== $name"
  for jump in 1 2; do
    kjump run /job/test_disks.kjump --in /job/$name.request$jump --out /tmp/$name.reply$jump >/tmp/out 2>&1 || cat /tmp/out
    echo 3 >/proc/sys/vm/drop_caches
    dd if=$disk of=/tmp/found bs=512 skip=61000 count=8 iflag=direct 2>/dev/null
    cmp /tmp/found /job/expected$jump && echo "Linux reads what the payload wrote"
    [ "$(md5sum </mnt/$name/before)" = "$(cat /tmp/$name.md5)" ] && echo "the file is whole"
    head -c 3000000 /dev/urandom >/mnt/$name/after$jump && sync && echo 3 >/proc/sys/vm/drop_caches
    [ "$(wc -c </mnt/$name/after$jump)" = 3000000 ] && echo "Linux writes on"
  done
  umount /mnt/$name && echo "unmounted"
done
echo "== health"; health after
echo "== log"; dmesg | grep -E "I/O error|timeout|timed out|exception Emask|EXT4-fs error|reset failed" || echo "nothing to complain about"
)sh";

class DiskDrivers : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(scratch_directory()); }
  void TearDown() override { fs::remove_all(scratch_directory()); }
};

TEST_F(DiskDrivers, LinuxAndThePayloadShareEveryDisk) {
  Guest guest;
  guest.options.machine.cpus = 2;
  for (const Controller& controller : kControllers) {
    const fs::path disk = scratch(std::string(controller.name) + ".img");
    const std::string make = "truncate -s " + std::to_string(kDiskBytes) + " '" + disk.string() +
                             "' && /sbin/mkfs.ext4 -q -F -L " + controller.name + " '" + disk.string() +
                             "' 24M";
    ASSERT_EQ(std::system(make.c_str()), 0) << make;
    guest.options.machine.disks.push_back({.path = disk, .bus = controller.bus, .read_only = false});
    for (const std::uint32_t jump : {1U, 2U}) {
      const std::string number = std::to_string(jump);
      guest.with_file(write_request(controller, jump),
                      "/job/" + std::string(controller.name) + ".request" + number);
      guest.job.outputs.push_back("/tmp/" + std::string(controller.name) + ".reply" + number);
    }
  }
  guest.with_file(KJUMP_DISKS, "/job/test_disks.kjump")
      .with_file(write_expected(1), "/job/expected1")
      .with_file(write_expected(2), "/job/expected2");
  const JobResult result = guest.run(std::string(kHealth) + kScript);
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  const std::string once = "Linux reads what the payload wrote\nthe file is whole\nLinux writes on\n";
  for (const Controller& controller : kControllers) {
    EXPECT_EQ(section(result.out, controller.name), once + once + "unmounted\n");
    expect_reply(result, controller, "1");
    expect_reply(result, controller, "2");
  }
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
  EXPECT_EQ(section(result.out, "log"), "nothing to complain about\n");
}

}  // namespace
}  // namespace kjump::tests
