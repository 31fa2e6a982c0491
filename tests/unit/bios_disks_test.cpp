// SPDX-License-Identifier: MIT
// Rule: only drives that the BIOS data area counts are asked (T51), their answers are combined per drive and
// doubted where they make no sense, and no read can leave the bounce buffer or the reply (T49, T50). Answers
// recorded from SeaBIOS 1.16.2 with a 16 MiB IDE disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include <kjump/bios_calls.hpp>

#include "bios/json.hpp"
#include "unit/bios_answers.hpp"

namespace kjump::bios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kParameters =
    "1e00020020000000100000003f00000000800000000000000002c0f480d9ddbe2c00000050434920415441202020202000010100"
    "00000000"
    "0000000000000000000000000000000000c5";

std::vector<CallResult> calls() {
  return {answered(0, 0, {}, from_hex("01")),
          answered(1, 0, {.eax = 0x3000, .ebx = 0xAA55, .ecx = 7, .edx = 0x80}),
          answered(2, 0, {.eax = 0, .ecx = 0x1E3F, .edx = 0x0F01}),
          answered(3, 0, {.eax = 0}, from_hex(kParameters, 74))};
}

TEST(BiosDisks, AsksCountedDrivesOnly) {
  const auto& steps = disks_batch().steps();
  ASSERT_TRUE(disks_batch().encode());
  ASSERT_EQ(steps.size(), 4u);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].repeat, abi::BatchRepeat::kCountAt);
    EXPECT_EQ(steps[i].repeat_address, 0x475u);
    EXPECT_EQ(steps[i].call.registers.edx, 0x80u);
    EXPECT_EQ(steps[i].call.registers.eflags & 1, 1u);
  }
  EXPECT_EQ(steps[1].call.registers.ebx, 0x55AAu);
  EXPECT_THAT(steps[3].input, ElementsAre(std::byte{0x4A}, std::byte{0}));
}

TEST(BiosDisks, DecodesARecording) {
  const auto disks = decode_disks(reply_of(calls()));
  ASSERT_TRUE(disks) << disks.error().text();
  ASSERT_EQ(disks->disks.size(), 1u);
  const BiosDisk& disk = disks->disks[0];
  EXPECT_EQ(disk.drive, 0x80);
  EXPECT_EQ(disk.edd_version, 0x30);
  EXPECT_EQ(disk.edd_features, 7);
  ASSERT_TRUE(disk.geometry);
  EXPECT_EQ(disk.geometry->cylinders, 31u);
  EXPECT_EQ(disk.geometry->heads, 16u);
  EXPECT_EQ(disk.geometry->sectors, 63u);
  EXPECT_EQ(disk.sectors, 32768u);
  EXPECT_EQ(disk.sector_bytes, 512);
  EXPECT_EQ(disk.bus, "PCI");
  EXPECT_EQ(disk.interface, "ATA");
  EXPECT_TRUE(disk.remarks.empty());
  EXPECT_EQ(to_json(*disks)["disks"][0]["geometry"]["heads"], 16);
}

TEST(BiosDisks, FailuresLeaveFieldsEmpty) {
  auto failing = calls();
  for (std::size_t i = 1; i < failing.size(); ++i) {
    failing[i].registers.eax = 0x0100;
    failing[i].registers.eflags |= 1;
  }
  const auto disks = decode_disks(reply_of(failing));
  ASSERT_TRUE(disks);
  const BiosDisk& disk = disks->disks[0];
  EXPECT_FALSE(disk.edd_version || disk.geometry || disk.sectors);
  EXPECT_TRUE(to_json(*disks)["disks"][0]["sectors"].is_null());
}

TEST(BiosDisks, CarryWithoutAStatusIsNoFailure) {  // T18
  auto forgetful = calls();
  forgetful[2].registers.eflags |= 1;
  EXPECT_TRUE(decode_disks(reply_of(forgetful))->disks[0].geometry);
}

TEST(BiosDisks, NonsenseIsRemarkedOn) {
  auto nonsense = calls();
  nonsense[2].registers.ecx = 0x1E00;
  std::memset(nonsense[3].buffer.data() + 24, 0, 2);
  const BiosDisk disk = decode_disks(reply_of(nonsense))->disks[0];
  EXPECT_FALSE(disk.geometry || disk.sectors);
  EXPECT_THAT(disk.remarks, ElementsAre(HasSubstr("no sectors per track"), HasSubstr("sectors of 0 bytes")));
  nonsense = calls();
  nonsense[3].buffer[0] = std::byte{0x10};
  EXPECT_THAT(decode_disks(reply_of(nonsense))->disks[0].remarks,
              ElementsAre(HasSubstr("filled only 16 bytes")));
}

TEST(BiosDisks, ADataAreaThatCountsTooManyIsCut) {
  const auto disks = decode_disks(reply_of({answered(0, 0, {}, from_hex("ff"))}, abi::BatchStatus::kLimit));
  ASSERT_TRUE(disks);
  EXPECT_EQ(disks->count, 255);
  EXPECT_EQ(disks->disks.size(), kMostDisks);
  EXPECT_TRUE(decode_disks(reply_of({answered(0, 0, {}, from_hex("00"))}))->disks.empty());
  EXPECT_FALSE(decode_disks(reply_of({})));
}

TEST(BiosReadSector, BuildsTheAddressPacket) {
  const auto batch = read_sector_batch({.drive = 0x81, .lba = 0x123456789A, .count = 2});
  ASSERT_TRUE(batch) << batch.error().text();
  const Step& step = batch->steps()[0];
  EXPECT_EQ(step.call.registers.eax, 0x4200u);
  EXPECT_EQ(step.call.registers.edx, 0x81u);
  EXPECT_EQ(step.call.registers.ds, abi::kBounceSegment);
  EXPECT_EQ(step.buffer_bytes, 16u + 1024);
  EXPECT_EQ(step.input, from_hex("1000020010000020"
                                 "9a78563412000000"));
}

TEST(BiosReadSector, StaysWithinItsBuffers) {
  const auto can = [](const SectorRead& read) {
    const auto batch = read_sector_batch(read);
    return batch && batch->encode();
  };
  EXPECT_TRUE(can({.count = 63}));
  EXPECT_FALSE(can({.count = 64}));
  EXPECT_FALSE(can({.count = 0}));
  EXPECT_FALSE(can({.count = 65535}));
  EXPECT_TRUE(can({.drive = 0xE0, .count = 15, .sector_bytes = 2048}));
  EXPECT_FALSE(can({.drive = 0xE0, .count = 16, .sector_bytes = 2048}));
  EXPECT_FALSE(can({.drive = 0xE0, .count = 1})) << "firmware would write 2048 bytes into 512";
  EXPECT_TRUE(can({.count = 7, .sector_bytes = 4096}));
  EXPECT_FALSE(can({.sector_bytes = 513}));
}

TEST(BiosReadSector, ReturnsTheSectorsOrTheStatus) {
  const SectorRead read{.lba = 5};
  std::vector<std::byte> buffer(16 + 512, std::byte{0x33});
  buffer[2] = std::byte{1};
  buffer[3] = std::byte{0};
  const auto sectors = decode_read_sector(read, reply_of({answered(0, 0, {.eax = 0}, buffer)}));
  ASSERT_TRUE(sectors) << sectors.error().text();
  EXPECT_EQ(sectors->size(), 512u);
  EXPECT_EQ(sectors->front(), std::byte{0x33});
  const auto failed =
      decode_read_sector(read, reply_of({answered(0, 0, {.eax = 0x0401, .eflags = kCarrySet}, buffer)}));
  EXPECT_THAT(failed.error().text(), HasSubstr("cannot read: sector not found (drive 0x80, sector 5)"));
  buffer[2] = std::byte{0};
  EXPECT_THAT(decode_read_sector(read, reply_of({answered(0, 0, {}, buffer)})).error().text(),
              HasSubstr("read 0 of 1"));
  EXPECT_FALSE(decode_read_sector(read, reply_of({answered(0, 0, {}, from_hex("00"))})));
  EXPECT_EQ(disk_status_name(0x80), "drive does not answer");
  EXPECT_EQ(disk_status_name(0x77), "status 0x77");
}

}  // namespace
}  // namespace kjump::bios
