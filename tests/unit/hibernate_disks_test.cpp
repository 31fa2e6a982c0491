// SPDX-License-Identifier: MIT
// Rule: a disk's address is what our drivers find it by, and a disk that none of them reaches is refused with
// the reason; file systems that are mounted for writing are watched, each once.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include <kjump/abi/hibernate/disk.hpp>

#include "hibernate/disk_address.hpp"
#include "hibernate/fingerprints.hpp"
#include "hibernate/memory.hpp"
#include "hibernate/pci_records.hpp"
#include "unit/hibernate_machine.hpp"

namespace kjump::test {
namespace {

using abi::hibernate::DiskDriver;
namespace fs = std::filesystem;

void put_link(const FakeMachine& machine, const std::string& link, const std::string& target) {
  const fs::path path = machine.full_path(link);
  fs::create_directories(path.parent_path());
  fs::create_symlink(machine.full_path(target), path);
}

/// A whole disk at that sysfs path, on a controller of that class.
void put_disk(const FakeMachine& machine, const std::string& name, const std::string& device,
              const std::string& function, const std::string& pci_class, const std::string& number,
              const std::string& vendor = "0x8086") {
  const std::string directory = "/sys/devices/" + device + "/block/" + name;
  machine.put(directory + "/size", "131072\n");
  machine.put(directory + "/dev", number + "\n");
  machine.put(directory + "/uevent", "MAJOR=8\nMINOR=0\nDEVNAME=" + name + "\n");
  machine.put(directory + "/queue/logical_block_size", "512\n");
  machine.put(directory + "/device/type", "0\n");
  put_link(machine, "/sys/class/block/" + name, directory);
  put_link(machine, "/sys/dev/block/" + number, directory);
  machine.put("/sys/bus/pci/devices/" + function + "/class", pci_class + "\n");
  machine.put("/sys/bus/pci/devices/" + function + "/vendor", vendor + "\n");
}

void expect_address(const FakeMachine& machine, const std::string& disk, const std::string& text) {
  const auto way = hibernate::find_disk(machine, disk);
  ASSERT_TRUE(way) << way.error().text();
  EXPECT_EQ(hibernate::address_text(way->address), text);
}

void expect_refused(const FakeMachine& machine, const std::string& disk, const std::string& why) {
  const auto way = hibernate::find_disk(machine, disk);
  ASSERT_FALSE(way) << disk;
  EXPECT_NE(way.error().what.find(why), std::string::npos) << way.error().text();
}

TEST(DiskAddress, OfEveryKind) {
  FakeMachine machine;
  put_disk(machine, "vda", "pci0000:00/0000:00:02.0/0000:01:03.0/virtio2", "0000:01:03.0", "0x010000",
           "254:0", "0x1af4");
  expect_address(machine, "vda", "virtio 01:03.0");
  EXPECT_EQ(hibernate::find_disk(machine, "vda")->pci,
            (std::vector<std::string>{"0000:00:02.0", "0000:01:03.0"}));
  put_disk(machine, "sda", "pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0", "0000:00:1f.2",
           "0x010601", "8:0");
  machine.put("/sys/class/ata_port/ata3/port_no", "3\n");
  expect_address(machine, "sda", "ahci 00:1f.2 port 2");
  put_disk(machine, "sdb", "pci0000:00/0000:00:01.1/ata8/host7/target7:0:1/7:0:1:0", "0000:00:01.1",
           "0x010180", "8:16");
  machine.put("/sys/class/ata_port/ata8/port_no", "2\n");
  expect_address(machine, "sdb", "ide 00:01.1 drive 3");
  put_disk(machine, "nvme0n1", "pci0000:00/0000:00:04.0/nvme/nvme0", "0000:00:04.0", "0x010802", "259:0");
  expect_refused(machine, "nvme0n1", "namespace is not known");
  machine.put("/sys/class/block/nvme0n1/nsid", "1\n");
  expect_address(machine, "nvme0n1", "nvme 00:04.0 namespace 1");
}

TEST(DiskAddress, OneOfSeveralControllersOfANamespace) {
  FakeMachine machine;
  const std::string subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
  machine.put(subsystem + "/nvme0n1/nsid", "2\n");
  put_link(machine, "/sys/class/block/nvme0n1", subsystem + "/nvme0n1");
  machine.put("/sys/devices/pci0000:00/0000:00:05.0/nvme/nvme0/state", "live\n");
  put_link(machine, subsystem + "/nvme0", "/sys/devices/pci0000:00/0000:00:05.0/nvme/nvme0");
  machine.put("/sys/bus/pci/devices/0000:00:05.0/class", "0x010802\n");
  machine.put("/sys/bus/pci/devices/0000:00:05.0/vendor", "0x1b36\n");
  expect_address(machine, "nvme0n1", "nvme 00:05.0 namespace 2");
}

TEST(DiskAddress, RefusesTheOthers) {
  FakeMachine machine;
  put_disk(machine, "sda", "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0",
           "0000:00:14.0", "0x0c0330", "8:0");
  expect_refused(machine, "sda", "USB");
  put_disk(machine, "vda", "platform/a000000.virtio-mmio/virtio0", "0000:00:00.0", "0x0", "254:0");
  expect_refused(machine, "vda", "MMIO");
  put_disk(machine, "dm-0", "virtual", "0000:00:00.0", "0x0", "253:0");
  expect_refused(machine, "dm-0", "no hardware stands behind it");
  put_disk(machine, "sdc", "pci0000:00/0000:00:05.0/virtio3/host0/target0:0:0/0:0:0:0", "0000:00:05.0",
           "0x010000", "8:32", "0x1af4");
  expect_refused(machine, "sdc", "virtio-scsi");
  put_disk(machine, "sdd", "pci0000:00/0000:00:06.0/host9/target9:0:0/9:0:0:0", "0000:00:06.0", "0x010700",
           "8:48");
  expect_refused(machine, "sdd", "class 010700");
  put_disk(machine, "nvme1n1", "pci10000:00/10000:01:00.0/nvme/nvme1", "10000:01:00.0", "0x010802", "259:1");
  expect_refused(machine, "nvme1n1", "another PCI domain");
  put_disk(machine, "sde", "pci0000:00/0000:00:1f.2/ata3/host2/target2:1:0/2:1:0:0", "0000:00:1f.2",
           "0x010601", "8:64");
  machine.put("/sys/class/ata_port/ata3/port_no", "3\n");
  expect_refused(machine, "sde", "at which port");
}

// A request through the wake door has them all: after a sleep nobody else sets them up.
TEST(DiskAddress, FunctionsOfAllDisksOnce) {
  FakeMachine machine;
  put_disk(machine, "vda", "pci0000:00/0000:00:02.0/0000:01:03.0/virtio2", "0000:01:03.0", "0x010000",
           "254:0", "0x1af4");
  put_disk(machine, "vdb", "pci0000:00/0000:00:02.0/0000:01:04.0/virtio3", "0000:01:04.0", "0x010000",
           "254:16", "0x1af4");
  put_disk(machine, "dm-0", "virtual", "0000:00:00.0", "0x0", "253:0");
  for (const char* const name : {"vda", "vdb", "dm-0"}) {
    machine.put("/sys/block/" + std::string(name) + "/size", "1\n");
  }
  const auto first = hibernate::find_disk(machine, "vdb");
  ASSERT_TRUE(first);
  EXPECT_EQ(hibernate::functions_of_all_disks(machine, *first),
            (std::vector<std::string>{"0000:00:02.0", "0000:01:04.0", "0000:01:03.0"}));
}

TEST(PciRecords, BridgesFirst) {
  FakeMachine machine;
  std::string bridge(256, '\0');
  bridge[0] = 0x36;
  bridge[14] = '\x81';  // several functions, layout of bridges
  machine.put("/sys/bus/pci/devices/0000:00:02.0/config", bridge);
  machine.put("/sys/bus/pci/devices/0000:01:03.7/config", std::string(64, '\x11'));
  const auto records = hibernate::read_pci_records(machine, {"0000:00:02.0", "0000:01:03.7"});
  ASSERT_TRUE(records) << records.error().text();
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].is_bridge, 1);
  EXPECT_EQ((*records)[0].header[0], 0x36U);
  EXPECT_EQ((*records)[1].bus, 1);
  EXPECT_EQ((*records)[1].device, 3);
  EXPECT_EQ((*records)[1].function, 7);
  EXPECT_EQ((*records)[1].header[15], 0x11111111U);
  machine.put("/sys/bus/pci/devices/0000:00:02.0/config", "short");
  EXPECT_FALSE(hibernate::read_pci_records(machine, {"0000:00:02.0"}));
  for (const char* text :
       {"0000:00:1f", "00:1f.2", "0000:00:20.0", "0000:00:1f.8", "pci0000:00", "x:0:0.0"}) {
    EXPECT_FALSE(hibernate::parse_pci_address(text)) << text;
  }
}

TEST(Fingerprints, EveryWritableFileSystemOnce) {
  FakeMachine machine;
  put_disk(machine, "vda", "pci0000:00/0000:00:03.0/virtio0", "0000:00:03.0", "0x010000", "254:0", "0x1af4");
  const std::string partition = "/sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vda/vda2";
  machine.put(partition + "/partition", "2\n");
  machine.put(partition + "/start", "2048\n");
  machine.put(partition + "/size", "100000\n");
  machine.put(partition + "/uevent", "DEVNAME=vda2\n");
  put_link(machine, "/sys/dev/block/254:2", partition);
  put_disk(machine, "sda", "pci0000:00/0000:00:14.0/usb2/2-1/host4/target4:0:0/4:0:0:0", "0000:00:14.0",
           "0x0c0330", "8:0");
  machine.put("/proc/self/mountinfo",
              "22 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw\n"
              "23 22 254:2 /x /mnt ro,relatime - ext4 /dev/vda2 rw\n"
              "24 22 254:0 / /ro rw - squashfs /dev/vda ro\n"
              "25 22 0:5 / /proc rw - proc proc rw\n"
              "26 22 8:0 / /media/my\\040stick rw - vfat /dev/sda rw\n");
  const auto found = hibernate::find_fingerprints(machine, {});
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->fingerprints.size(), 1U);
  EXPECT_STREQ(found->fingerprints[0].name, "/dev/vda2 on /");
  EXPECT_EQ(found->fingerprints[0].sector, 2048U);
  EXPECT_EQ(found->fingerprints[0].sectors, 256U);
  EXPECT_EQ(found->fingerprints[0].driver, static_cast<std::uint16_t>(DiskDriver::kVirtio));
  // Its superblock can be watched all the same.
  ASSERT_EQ(found->unwatched.size(), 2U);
  EXPECT_EQ(found->unwatched[0].name, "/dev/vda2 on / (journal)");
  EXPECT_EQ(found->unwatched[1].name, "/dev/sda on /media/my stick");
  EXPECT_NE(found->unwatched[1].why.find("USB"), std::string::npos);
  EXPECT_EQ(found->pci, std::vector<std::string>{"0000:00:03.0"});
  // The store begins 40 sectors behind the superblock.
  const auto cut = hibernate::find_fingerprints(machine, "vda", {{0, 100, 2088}});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->fingerprints.at(0).sectors, 40U);
}

TEST(Memory, WholePagesOfTheKernelAndNvs) {
  FakeMachine machine;
  machine.put_memory_range(3, 0x1FFFE000, 0x1FFFFFFF, "ACPI Non-volatile Storage");
  machine.put_memory_range(2, 0x100000, 0x1FFFDFFF, "System RAM");
  machine.put("/proc/iomem",
              "00001000-0009fbff : System RAM\n0009fc00-0009ffff : Reserved\n00100000-1fffdfff : System RAM\n"
              "  01000000-01ffffff : Kernel code\n1fffe000-1fffffff : ACPI Non-volatile Storage\n");
  const auto known = hibernate::read_memory(machine);
  ASSERT_TRUE(known) << known.error().text();
  ASSERT_EQ(known->ranges.size(), 3U);
  EXPECT_EQ(known->ranges[0].end, 0x9F000U);
  EXPECT_EQ(known->ranges[1].end, 0x1FFFE000U);
  EXPECT_EQ(known->ranges[2].kind, 4U);
  EXPECT_EQ(known->map.size(), 4U);
  EXPECT_EQ(known->map[3].type, 4U);
  EXPECT_EQ(known->pages, 0x9EU + 0x1FEFEU + 2U);
  machine.put("/proc/iomem",
              "00100000-1fffdfff : System RAM\n40000000-4fffffff : virtio0\n"
              "  40000000-4fffffff : System RAM (virtio_mem)\n");
  EXPECT_NE(hibernate::read_memory(machine).error().what.find("a driver has added"), std::string::npos);
  machine.put("/proc/iomem", "00000000-00000000 : System RAM\n");
  EXPECT_EQ(hibernate::read_memory(machine).error().hint, "run as root");
}

}  // namespace
}  // namespace kjump::test
