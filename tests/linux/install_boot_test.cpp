// SPDX-License-Identifier: MIT
// Rule: what `kjump hibernate install-boot` writes from a real Linux is what firmware starts; without an
// image to restore the former boot loader runs, and after --uninstall the disk's first sector is what it was.
#include <gmock/gmock.h>

#include "linux/guest.hpp"
#include "linux/power_cycle.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kDiskMib = 32;

Guest guest_with(const StoreDisk& disk, DiskBus bus) {
  Guest guest;
  guest.options.machine.disks = {Disk{disk.path(), bus, false}};
  guest.options.machine.memory_mib = 256;
  return guest;
}

void expect_former_loader(const Guest& guest) {
  const BareRun bare = run_firmware(guest.options.machine);
  EXPECT_THAT(bare.debug, HasSubstr("marker, drive 80, it ticks")) << bare.screen;
  EXPECT_EQ(bare.screen.find("damaged"), std::string::npos) << bare.screen;
  EXPECT_EQ(bare.screen.find("failed"), std::string::npos) << bare.screen;
}

TEST(InstallBoot, IsStartedByFirmwareAndTakenAway) {
  const StoreDisk disk(kDiskMib);
  const FirstSector before = disk.first_sector();
  Guest guest = guest_with(disk, DiskBus::kVirtio);
  const JobResult installed = guest.run(
      "kjump hibernate prepare /dev/vda1 && kjump hibernate install-boot /dev/vda1 && "
      "echo again && kjump hibernate install-boot /dev/vda1");
  ASSERT_EQ(installed.exit_code, 0) << installed.out << installed.err;
  EXPECT_THAT(installed.out, HasSubstr("first sector 0 of /dev/vda; the boot loader that was there gets"));
  EXPECT_THAT(installed.out, HasSubstr("it was there already, and is new now"));
  const FirstSector now = disk.first_sector();
  EXPECT_NE(std::string(now.begin(), now.begin() + abi::kBootCodeBytes),
            std::string(before.begin(), before.begin() + abi::kBootCodeBytes));
  EXPECT_EQ(std::string(now.begin() + abi::kBootCodeBytes, now.end()),
            std::string(before.begin() + abi::kBootCodeBytes, before.end()));
  expect_former_loader(guest);

  const JobResult gone = guest.run("kjump hibernate install-boot /dev/vda1 --uninstall");
  ASSERT_EQ(gone.exit_code, 0) << gone.out << gone.err;
  EXPECT_EQ(disk.first_sector(), before);
}

TEST(InstallBoot, WritesAMultibootProgramAndAMenuEntry) {
  const StoreDisk disk(kDiskMib);
  const FirstSector before = disk.first_sector();
  Guest guest = guest_with(disk, DiskBus::kVirtio);
  guest.job.outputs = {"/tmp/restore.bin"};
  const JobResult written = guest.run(
      "kjump hibernate prepare /dev/vda1 >/dev/null && "
      "kjump hibernate install-boot /dev/vda1 --multiboot /tmp/restore.bin --grub");
  ASSERT_EQ(written.exit_code, 0) << written.out << written.err;
  EXPECT_THAT(written.out, HasSubstr("multiboot '/tmp/restore.bin'"));
  EXPECT_EQ(disk.first_sector(), before);
  ASSERT_EQ(written.files.size(), 1U);
  const auto& bytes = written.files.at("/tmp/restore.bin");
  const auto file = disk.path().parent_path() / "restore.bin";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const BareRun bare =
      run_firmware(guest.options.machine, {"-kernel", file.string()}, std::chrono::seconds(40));
  EXPECT_THAT(bare.screen, HasSubstr("kjump: not restored: the store holds no image to go on from"));
  // Firmware could not boot anything from that disk any more.
  EXPECT_THAT(bare.screen, HasSubstr("kjump: starting again"));
  EXPECT_TRUE(bare.outcome.end == targets::QemuEnd::kGuestStopped && !bare.outcome.power_off &&
              !bare.outcome.triple_fault)
      << targets::describe(bare.outcome);
}

TEST(InstallBoot, RefusesAPartitionInUse) {
  const StoreDisk disk(kDiskMib);
  Guest guest = guest_with(disk, DiskBus::kVirtio);
  const JobResult refused = guest.run(
      "kjump hibernate prepare /dev/vda1 >/dev/null && kjump hibernate install-boot /dev/vda1 --device "
      "/dev/vda1");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("the beginning of a store"));
}

}  // namespace
}  // namespace kjump::tests
