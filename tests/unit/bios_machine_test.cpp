// SPDX-License-Identifier: MIT
// Rule: equipment and clock are decoded as the interrupts define them; a clock in the middle of an update or
// at midnight is asked again, one that gives no valid time is refused. Answers recorded from SeaBIOS 1.16.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kjump/bios_calls.hpp>

#include "bios/json.hpp"
#include "unit/bios_answers.hpp"

namespace kjump::bios {
namespace {

using ::testing::HasSubstr;

std::vector<CallResult> equipment_calls() {
  return {answered(0, 0, {.eax = 0x4027, .eflags = kCarrySet}),
          answered(1, 0, {.eax = 0x27F, .eflags = kCarrySet}),
          answered(2, 0, {.eax = 0, .ebx = 0xE6F5, .es = 0xF000}),
          answered(3, 0, {},
                   from_hex("0800fc0001740000"
                            "0000"))};
}

TEST(BiosEquipment, DecodesARecording) {
  ASSERT_TRUE(equipment_batch().encode());
  const auto equipment = decode_equipment(reply_of(equipment_calls()));
  ASSERT_TRUE(equipment) << equipment.error().text();
  EXPECT_EQ(equipment->word, 0x4027);
  EXPECT_EQ(equipment->base_memory_kib, 639);
  EXPECT_EQ(equipment->floppy_drives, 1);
  EXPECT_TRUE(equipment->coprocessor);
  EXPECT_TRUE(equipment->pointing_device);
  EXPECT_EQ(equipment->initial_video, 2);
  EXPECT_EQ(equipment->serial_ports, 0);
  EXPECT_EQ(equipment->parallel_ports, 1);
  EXPECT_EQ(equipment->configuration_address, 0xFE6F5u);
  ASSERT_TRUE(equipment->configuration);
  EXPECT_EQ(equipment->configuration->model, 0xFC);
  EXPECT_EQ(equipment->configuration->revision, 1);
  EXPECT_EQ(equipment->configuration->features[0], 0x74);
  EXPECT_EQ(to_json(*equipment)["configuration"]["model"], 0xFC);
}

TEST(BiosEquipment, TheConfigurationTableIsOptional) {
  auto calls = equipment_calls();
  calls[2].registers.eflags |= 1;
  auto equipment = decode_equipment(reply_of(calls));
  ASSERT_TRUE(equipment);
  EXPECT_FALSE(equipment->configuration_address);
  EXPECT_TRUE(to_json(*equipment)["configuration"].is_null());
  calls = equipment_calls();
  calls[2].registers.ebx = 0x1234;  // elsewhere: known, but not read
  equipment = decode_equipment(reply_of(calls));
  EXPECT_EQ(equipment->configuration_address, 0xF1234u);
  EXPECT_FALSE(equipment->configuration);
  calls = equipment_calls();
  calls[3].buffer[0] = std::byte{2};  // too short to be one
  EXPECT_FALSE(decode_equipment(reply_of(calls))->configuration);
  calls.pop_back();
  EXPECT_EQ(decode_equipment(reply_of(calls)).error().code, ErrorCode::kGuest);
}

/// Time, date and flags of the seven calls after the ticks.
struct Moment {
  std::uint32_t time_cx, time_dx, date_cx, date_dx;
  std::uint32_t eflags = 0x282;
};

BatchReply clock_reply(const std::vector<Moment>& moments, std::uint32_t last_cx, std::uint32_t last_dx) {
  std::vector<CallResult> calls{answered(0, 0, {.eax = 1, .ecx = 2, .edx = 0x534D59D1})};
  std::uint32_t step = 1;
  for (const Moment& moment : moments) {
    calls.push_back(
        answered(step++, 0, {.ecx = moment.time_cx, .edx = moment.time_dx, .eflags = moment.eflags}));
    calls.push_back(
        answered(step++, 0, {.ecx = moment.date_cx, .edx = moment.date_dx, .eflags = moment.eflags}));
  }
  calls.push_back(answered(step, 0, {.ecx = last_cx, .edx = last_dx}));
  return reply_of(calls);
}

constexpr Moment kRecorded{0x0221, 0x0200, 0x2026, 0x1121};  // 2026-11-21 02:21:02

TEST(BiosClock, DecodesARecording) {
  ASSERT_TRUE(clock_batch().encode());
  ASSERT_EQ(clock_batch().steps().size(), 8u);
  const auto clock = decode_clock(clock_reply({kRecorded, kRecorded, kRecorded}, 0x0221, 0x0200));
  ASSERT_TRUE(clock) << clock.error().text();
  EXPECT_EQ(to_json(*clock)["time"], "2026-11-21T02:21:02");
  EXPECT_EQ(clock->ticks, 0x259D1u);
  EXPECT_TRUE(clock->midnight_passed);
  EXPECT_FALSE(clock->daylight_saving);
}

TEST(BiosClock, AsksAgainDuringAnUpdateAndAtMidnight) {
  Moment updating = kRecorded;
  updating.eflags = kCarrySet;
  auto clock = decode_clock(clock_reply({updating, kRecorded, kRecorded}, 0x0221, 0x0200));
  ASSERT_TRUE(clock);
  EXPECT_EQ(clock->hour, 2);
  const Moment before{0x2359, 0x5900, 0x2026, 0x1122};  // the time of one day, the date of the next
  const Moment after{0x0000, 0x0001, 0x2026, 0x1122};
  clock = decode_clock(clock_reply({before, after, after}, 0x0000, 0x0001));
  ASSERT_TRUE(clock);
  EXPECT_EQ(to_json(*clock)["time"], "2026-11-22T00:00:00");
  EXPECT_TRUE(clock->daylight_saving);
}

TEST(BiosClock, RefusesWhatIsNoTime) {
  Moment updating = kRecorded;
  updating.eflags = kCarrySet;
  EXPECT_EQ(decode_clock(clock_reply({updating, updating, updating}, 0, 0)).error().code,
            ErrorCode::kUnsupported);
  for (const Moment& wrong :
       {Moment{0x2400, 0, 0x2026, 0x1121}, Moment{0x0A00, 0, 0x2026, 0x1121},
        Moment{0x0060, 0, 0x2026, 0x1121}, Moment{0, 0x6000, 0x2026, 0x1121}, Moment{0, 0, 0x1826, 0x1121},
        Moment{0, 0, 0x2026, 0x1321}, Moment{0, 0, 0x2026, 0x1100}, Moment{0, 0, 0x2026, 0x1132}}) {
    const auto clock = decode_clock(clock_reply({wrong, wrong, wrong}, 0, 0));
    ASSERT_FALSE(clock);
    EXPECT_THAT(clock.error().text(), HasSubstr("no valid time and date"));
  }
}

}  // namespace
}  // namespace kjump::bios
