// SPDX-License-Identifier: MIT
// Rules of kjump/disk.hpp, for every driver: what is written is in the disk's file and comes back, whatever
// the sizes and however many requests are in flight; what cannot be is refused with a reason; an error of the
// device ends one request and is told with its registers; a deadline that passes ends everything in flight; a
// flush is a flush.
#include <algorithm>
#include <array>

#include <kjump/disk.hpp>

#include "vm/disk_machine.hpp"

namespace kjump::tests {
namespace {

using disk::Code;
using disks::Answer;
using disks::DriverName;
using disks::Step;
using disks::StepKind;

constexpr std::uint32_t kSectors = 16384;  // 8 MiB

constexpr std::array<DiskShape, 9> kShapes{{
    DiskShape{"virtio", DriverName::kVirtio, "pc", "virtio-blk-pci,addr=9", "virtio-blk", "K1",
              "virtio 00:09.0"},
    DiskShape{"nvme", DriverName::kNvme, "pc", "nvme,addr=9", "QEMU NVMe Ctrl", "K2",
              "nvme 00:09.0 namespace 1"},
    DiskShape{"ahci", DriverName::kAhci, "q35", "ide-hd,bus=ide.2", "QEMU HARDDISK", "K3",
              "ahci 00:1f.2 port 2"},
    DiskShape{"virtio_legacy", DriverName::kVirtio, "pc",
              "virtio-blk-pci,addr=9,disable-modern=on,disable-legacy=off", "virtio-blk", "K4",
              "virtio 00:09.0"},
    DiskShape{"ide_dma", DriverName::kIde, "pc", "ide-hd,bus=ide.0,unit=1", "QEMU HARDDISK", "K5",
              "ide 00:01.1 drive 1"},
    DiskShape{"ide_pio", DriverName::kIde, "pc", "ide-hd,bus=ide.1,unit=0", "QEMU HARDDISK", "K6",
              "ide 00:01.1 drive 2", true, true},
    DiskShape{"bios_ide", DriverName::kBios, "pc", "ide-hd,bus=ide.0,unit=0", "BIOS", "K7", "int13 drive 80",
              true},
    DiskShape{"bios_virtio", DriverName::kBios, "pc", "virtio-blk-pci", "BIOS", "K8", "int13 drive 80", true},
    DiskShape{"bios_ahci", DriverName::kBios, "q35", "ide-hd,bus=ide.0", "BIOS", "K9", "int13 drive 80",
              true},
}};

constexpr std::size_t kBiosShapes = 3;  // the last ones

std::string raw(const DiskFile& file) {
  return "format=raw,file=" + file.path();
}

/// A drive whose `event` fails with EIO, at one sector if given.
std::string failing(const DiskFile& file, const std::string& event, const std::string& rest = {}) {
  return "format=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename=" + file.path() +
         ",file.inject-error.0.event=" + event + ",file.inject-error.0.errno=5" +
         (rest.empty() ? "" : ",file.inject-error.0." + rest);
}

std::uint32_t code(Code code) {
  return static_cast<std::uint32_t>(code);
}

bool is_bios(const DiskShape& shape) {
  return shape.driver == DriverName::kBios;
}

class Disks : public testing::TestWithParam<DiskShape> {
 protected:
  void expect_pattern(std::uint32_t seed, std::uint64_t sector, std::uint32_t count) const {
    const auto words = file_.words(sector, count);
    for (std::size_t i = 0; i < words.size(); ++i) {
      ASSERT_EQ(words[i], disks::pattern_word(seed, sector * 128 + i)) << "sector " << sector + i / 128;
    }
  }

  [[nodiscard]] std::uint64_t hash_of(std::uint32_t sectors) const {
    std::uint64_t hash = disks::kHashStart;
    for (const std::uint32_t word : file_.words(0, sectors)) {
      hash = disks::hash_word(hash, word);
    }
    return hash;
  }

  const DiskShape& shape_ = GetParam();
  const std::uint32_t area_ = shape_.slow ? 600 : 6000;
  const std::uint32_t large_ = shape_.slow ? 513 : 4099;  // more than any request, or two
  DiskFile file_{kSectors * 512};
};

TEST_P(Disks, WhatIsWrittenIsInTheFileAndComesBack) {
  const bool slow = shape_.slow;
  const std::uint32_t most = slow ? 120 : 2048;
  const DiskReply reply = run_disk(shape_, raw(file_), {},
                                   {{StepKind::kCheck, 300, 0, 2008, 0},        // what the host wrote
                                    {StepKind::kWrite, 1, 6001, 1, 0},          //
                                    {StepKind::kWrite, most, 7001, 2, 0},       // 1 MiB, odd start
                                    {StepKind::kWrite, large_, 9201, 3, 0},     // more than any request
                                    {StepKind::kWrite, 1, kSectors - 1, 4, 0},  // the last sector
                                    {StepKind::kTorture, slow ? 12U : 200U, 0, 77, area_},
                                    {StepKind::kReopen, 0, 0, 0, 0},
                                    {StepKind::kTorture, slow ? 6U : 100U, 0, 78, area_},
                                    {StepKind::kCheck, most, 7001, 2, 0},
                                    {StepKind::kCheck, large_, 9201, 3, 0},
                                    {StepKind::kWrong, 0, 0, 0, 0},
                                    {StepKind::kFlood, 40, 8000, 0, 0}});
  ASSERT_EQ(reply.opened.answer.code, 0U) << reply.opened.answer.text;
  EXPECT_EQ(reply.opened.sectors, kSectors);
  EXPECT_EQ(reply.opened.sector_bytes, 512U);
  EXPECT_STREQ(reply.opened.model, shape_.model);
  EXPECT_STREQ(reply.opened.serial, is_bios(shape_) ? "" : shape_.serial);
  EXPECT_EQ(reply.opened.can_flush, is_bios(shape_) ? 0U : 1U);
  EXPECT_EQ(reply.opened.command_before, reply.opened.command_after);
  for (const Answer& step : reply.steps) {
    EXPECT_EQ(step.code, 0U) << step.text;
  }
  for (const std::size_t check : {0U, 5U, 7U, 8U, 9U}) {
    EXPECT_EQ(reply.steps[check].value, 0U) << "wrong words in step " << check;
  }
  EXPECT_EQ(reply.steps[11].full, 40 - reply.opened.depth) << "requests beyond the queue's end";
  EXPECT_EQ(reply.steps[10].value, reply.steps[10].more) << "requests that were refused";
  expect_pattern(1, 6001, 1);
  expect_pattern(2, 7001, most);
  expect_pattern(3, 9201, large_);
  expect_pattern(4, kSectors - 1, 1);
  expect_pattern(2008, 6002, 999);  // nothing else was touched
  EXPECT_EQ(hash_of(area_), reply.steps[7].hash);
}

TEST_P(Disks, AnErrorOfTheDeviceEndsOneRequestAndIsNamed) {
  const DiskReply reply = run_disk(shape_, failing(file_, "read_aio", "sector=1000"), {},
                                   {{StepKind::kCheck, 1, 1000, 2008, 0},
                                    {StepKind::kCheck, 64, 900, 2008, 0},
                                    {StepKind::kFlood, 24, 990, 0, 0},
                                    {StepKind::kTorture, shape_.slow ? 3U : 50U, 2000, 5, area_}});
  ASSERT_EQ(reply.opened.answer.code, 0U) << reply.opened.answer.text;
  EXPECT_EQ(reply.steps[0].code, code(Code::kDevice));
  EXPECT_NE(reply.steps[0].status, 0U);
  const std::string text = reply.steps[0].text;
  EXPECT_EQ(text.rfind(std::string(shape_.where) + ": ", 0), 0U) << text;
  EXPECT_NE(text.find("error"), std::string::npos) << text;
  RecordProperty("text", text);
  EXPECT_EQ(reply.steps[1].code, 0U) << reply.steps[1].text;
  EXPECT_EQ(reply.steps[1].value, 0U);
  EXPECT_EQ(reply.steps[2].value + reply.steps[2].more, 0U) << "neighbours are neither late nor given up";
  EXPECT_EQ(reply.steps[3].code, 0U) << reply.steps[3].text;
  EXPECT_EQ(reply.steps[3].value, 0U) << "the disk works on";
}

TEST_P(Disks, AFlushReachesTheMedium) {
  const DiskReply reply = run_disk(shape_, failing(file_, "flush_to_disk"), {},
                                   {{StepKind::kWrite, 8, 100, 9, 0}, {StepKind::kFlush, 0, 0, 0, 0}});
  ASSERT_EQ(reply.opened.answer.code, 0U) << reply.opened.answer.text;
  EXPECT_EQ(reply.steps[0].code, 0U) << reply.steps[0].text;
  EXPECT_EQ(reply.steps[1].code, is_bios(shape_) ? code(Code::kUnsupported) : code(Code::kDevice))
      << "the injected error of the flush must come through: " << reply.steps[1].text;
  const DiskReply good = run_disk(shape_, raw(file_), {}, {{StepKind::kFlush, 0, 0, 0, 0}});
  EXPECT_EQ(good.steps[0].code, is_bios(shape_) ? code(Code::kUnsupported) : 0U) << good.steps[0].text;
}

class DisksWithDeadlines : public Disks {};

TEST_P(DisksWithDeadlines, ADeadlineThatPassesEndsEverythingInFlight) {
  disks::Job job;
  job.timeout_ms = 300;
  // The first requests are free, each that follows waits for a second.
  const DiskReply reply = run_disk(shape_, raw(file_) + ",throttling.iops-read=1", job,
                                   {{StepKind::kFlood, 4, 0, 0, 0}, {StepKind::kCheck, 1, 0, 2008, 0}});
  ASSERT_EQ(reply.opened.answer.code, 0U) << reply.opened.answer.text;
  // A request at a time: the free one may come first.
  if (reply.opened.depth == 1 && reply.steps[0].value == 0) {
    EXPECT_EQ(reply.steps[1].code, code(Code::kTimeout)) << reply.steps[1].text;
    return;
  }
  EXPECT_GE(reply.steps[0].value, 1U) << "late";
  const std::string text = reply.steps[0].text;
  EXPECT_EQ(text.rfind(std::string(shape_.where) + ": ", 0), 0U) << text;
  EXPECT_NE(text.find(": no answer in time"), std::string::npos) << text;
  RecordProperty("text", text);
  EXPECT_EQ(reply.steps[1].code, code(Code::kAborted)) << "a disk that was given up takes no request";
}

class DisksInLongMode : public Disks {};

TEST_P(DisksInLongMode, TheSameSourcesDoTheSame) {
  DiskShape shape = shape_;
  shape.long_mode = true;
  disks::Job job;
  // The BIOS reaches 4 GiB; so does IDE's bus master, whose driver copies.
  const bool wide = !is_bios(shape);
  job.buffer = wide ? std::uint64_t{4} << 30 : 0;
  const DiskReply reply = run_disk(shape, raw(file_), job,
                                   {{StepKind::kCheck, 300, 0, 2008, 0},
                                    {StepKind::kTorture, shape.slow ? 5U : 60U, 0, 79, area_},
                                    {StepKind::kReopen, 0, 0, 0, 0},
                                    {StepKind::kFlood, 40, 8000, 0, 0}});
  ASSERT_EQ(reply.opened.answer.code, 0U) << reply.opened.answer.text;
  for (const Answer& step : reply.steps) {
    EXPECT_EQ(step.code, 0U) << step.text;
    EXPECT_EQ(step.value, 0U) << "wrong words";
  }
  EXPECT_EQ(reply.steps[1].hash, hash_of(area_));
}

// One of each driver, on a machine without it; pc has one IDE controller, whatever the drives.
TEST(DisksMissing, NoControllerIsAnErrorThatSaysSo) {
  for (const DriverName driver :
       {DriverName::kVirtio, DriverName::kNvme, DriverName::kAhci, DriverName::kIde, DriverName::kBios}) {
    const DiskShape none{"none", driver, "pc", "", "", "", ""};
    disks::Job job;
    job.index = driver == DriverName::kIde ? 1 : 0;
    const DiskReply reply = run_disk(none, "", job, {});
    EXPECT_EQ(reply.opened.answer.code, code(Code::kMissing)) << static_cast<int>(driver);
  }
}

TEST(DisksMissing, AControllerWithoutDiskIsAnErrorThatSaysSo) {
  const DiskFile file(kSectors * 512, false);
  for (const auto& [driver, machine] : {std::pair{DriverName::kIde, "pc"}, {DriverName::kAhci, "q35"}}) {
    const DiskShape none{"none", driver, machine, "", "", "", ""};
    const DiskReply reply = run_disk(none, "", {}, {});
    EXPECT_EQ(reply.opened.answer.code, code(Code::kMissing)) << reply.opened.answer.text;
    EXPECT_NE(std::string(reply.opened.answer.text).find("there is no disk"), std::string::npos);
  }
}

TEST(DisksUnreachable, RegistersAbove4GiBAreRefusedWithAReason) {
  const DiskFile file(kSectors * 512, false);
  DiskShape shape = kShapes[0];
  shape.device = "virtio-blk-pci,addr=9,disable-legacy=on";
  shape.high_bar = 4;
  const DiskReply reply = run_disk(shape, raw(file), {}, {});
  EXPECT_EQ(reply.opened.answer.code, code(Code::kUnreachable));
  EXPECT_STREQ(reply.opened.answer.text, "virtio 00:09.0: open: the controller's registers are above 4 GiB");
  EXPECT_EQ(reply.opened.command_before, reply.opened.command_after);
}

// A small queue, sectors of 4 KiB: numbers that the drivers must take from the device.
TEST(DisksOfOtherSizes, TheHashOfTheAreaIsThatOfTheFile) {
  for (const char* device :
       {"virtio-blk-pci,addr=9,logical_block_size=4096,physical_block_size=4096,queue-size=16",
        "virtio-blk-pci,addr=9,disable-modern=on,disable-legacy=off,queue-size=8",
        "nvme,addr=9,logical_block_size=4096,physical_block_size=4096,mdts=2"}) {
    SCOPED_TRACE(device);
    const DiskFile file(kSectors * 512);
    const bool nvme = device[0] == 'n';
    DiskShape shape = kShapes[nvme ? 1 : 0];
    shape.device = device;
    const DiskReply reply = run_disk(shape, raw(file), {}, {{StepKind::kTorture, 60, 8, 3, 500}});
    ASSERT_EQ(reply.opened.answer.code, 0U) << reply.opened.answer.text;
    EXPECT_EQ(reply.steps[0].code, 0U) << reply.steps[0].text;
    EXPECT_EQ(reply.steps[0].value, 0U);
    const std::uint32_t units = reply.opened.sector_bytes / 512;
    EXPECT_EQ(reply.opened.sectors, kSectors / units);
    EXPECT_EQ(reply.opened.max_transfer_bytes, nvme ? 16384U : disk::kMaxTransferBytes);
    std::uint64_t hash = disks::kHashStart;
    for (const std::uint32_t word : file.words(std::uint64_t{8} * units, std::size_t{500} * units)) {
      hash = disks::hash_word(hash, word);
    }
    EXPECT_EQ(hash, reply.steps[0].hash);
  }
}

std::string name_of(const testing::TestParamInfo<DiskShape>& shape) {
  return shape.param.name;
}
INSTANTIATE_TEST_SUITE_P(Drivers, Disks, testing::ValuesIn(kShapes), name_of);
INSTANTIATE_TEST_SUITE_P(Drivers, DisksInLongMode,
                         testing::Values(kShapes[0], kShapes[1], kShapes[2], kShapes[4], kShapes[7]),
                         name_of);
// A BIOS call ends when the BIOS says; the jump's watchdog is its deadline (fault_test.cpp).
INSTANTIATE_TEST_SUITE_P(Drivers, DisksWithDeadlines,
                         testing::ValuesIn(kShapes.begin(), kShapes.end() - kBiosShapes), name_of);

}  // namespace

void PrintTo(const DiskShape& shape, std::ostream* out) {
  *out << shape.name;
}

}  // namespace kjump::tests
