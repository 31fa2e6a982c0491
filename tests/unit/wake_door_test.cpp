// SPDX-License-Identifier: MIT
// Rule: the wake door leaves the machine as it was on every path: displaced bytes, alarm, choice of
// mem_sleep, low memory. It never sets an alarm that could pass before the machine sleeps, and never retries
// silently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "host/open_session.hpp"
#include "host/wake/wake_state.hpp"
#include "unit/wake_machine.hpp"

namespace kjump {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr DoorOptions kWake{.choice = DoorChoice::kWake};

class WakeDoorTest : public ::testing::Test {
 protected:
  WakeDoorTest() { machine.answer(); }

  Result<JumpReport> jump_once(const DoorOptions& options = kWake) {
    KJUMP_TRY(Session session, open_session(machine, options, test::image_with_wake_entry()));
    auto report = session.jump({});
    notes = session.notes();
    return report;
  }
  std::string why_refused(const DoorOptions& options = kWake) {
    const auto report = jump_once(options);
    return report ? "returned" : report.error().text();
  }
  void expect_as_it_was(const std::string& alarm = {}) {
    EXPECT_EQ(machine.wake_bytes(), test::kWakeBytes);
    EXPECT_EQ(machine.alarm(), alarm);
    EXPECT_EQ(machine.read_line("/sys/power/mem_sleep"), "[s2idle] deep");
    EXPECT_EQ(machine.read_line("/sys/power/pm_test").substr(0, 6), "[none]");
    EXPECT_FALSE(machine.exists(kWakeStateFile));
    EXPECT_EQ(machine.peek(abi::kRealBase, 4), std::string(4, '\0'));
  }

  test::WakeMachine machine;
  std::vector<std::string> notes;
};

TEST_F(WakeDoorTest, OneJump) {
  std::string planted;
  machine.while_asleep = [&] {
    planted = machine.wake_bytes();
    EXPECT_EQ(machine.read_line("/sys/power/mem_sleep"), "s2idle [deep]");
    EXPECT_TRUE(machine.exists(kWakeStateFile));
  };
  const auto report = jump_once();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, abi::Outcome::kReturned);
  EXPECT_EQ(planted.substr(0, 5), std::string("\xEA\x40\x00\x00\x10", 5));
  EXPECT_EQ(planted.substr(5), test::kWakeBytes.substr(5)) << "no byte more than the jump needs";
  expect_as_it_was();
}

TEST_F(WakeDoorTest, TheAlarmLeavesTimeForWhatWasMeasured) {
  machine.rehearsal_ns = 1'400'000'000;  // and 600 ms in reserve
  machine.while_asleep = [&] {
    const auto alarm = std::stoull(machine.alarm());
    const std::uint64_t ahead_ns = alarm * 1'000'000'000 - machine.monotonic_ns();
    EXPECT_GE(ahead_ns, 1'990'000'000U);
    EXPECT_LE(ahead_ns, 2'010'000'000U) << "begun as late as possible";
  };
  ASSERT_TRUE(jump_once());
  ASSERT_TRUE(jump_once());
  EXPECT_EQ(machine.count("suspend"), 3) << "one rehearsal in a boot";
}

TEST_F(WakeDoorTest, TheAlarmIsWhenTheCallerSays) {
  machine.while_asleep = [&] { EXPECT_EQ(std::stoull(machine.alarm()), machine.seconds() + 7); };
  ASSERT_TRUE(jump_once({.choice = DoorChoice::kWake, .alarm_seconds = 7}));
  EXPECT_EQ(machine.count("suspend"), 1) << "no rehearsal";
}

TEST_F(WakeDoorTest, AFormerAlarmIsSetAgain) {
  machine.put("/sys/class/rtc/rtc0/wakealarm", "5000\n");
  ASSERT_TRUE(jump_once());
  expect_as_it_was("5000");
  EXPECT_TRUE(notes.empty());
}

TEST_F(WakeDoorTest, AnAlarmThatWasDueMeanwhileGoesOffNow) {
  const std::uint64_t soon = machine.seconds() + 3;
  machine.put("/sys/class/rtc/rtc0/wakealarm", std::to_string(soon) + "\n");
  machine.while_asleep = [&] { machine.sleep_ns(10'000'000'000); };
  ASSERT_TRUE(jump_once());
  EXPECT_EQ(std::stoull(machine.alarm()), machine.seconds() + 2);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("was due meanwhile")));
}

TEST_F(WakeDoorTest, ARefusedSuspendIsExplainedAndUndone) {
  machine.suspend_error = EBUSY;
  EXPECT_THAT(why_refused(), HasSubstr("wake-up event"));
  expect_as_it_was();
  machine.put("/sys/power/suspend_stats/failed_suspend", "0\n");
  machine.put("/sys/power/suspend_stats/last_failed_dev", "sda\n");
  machine.suspend_error = EIO;
  machine.on_suspend = [&] {
    const bool rehearsal = machine.read_line("/sys/power/pm_test").find("[none]") == std::string::npos;
    machine.put("/sys/power/suspend_stats/failed_suspend", rehearsal ? "0\n" : "1\n");
    return rehearsal ? 0 : EIO;
  };
  EXPECT_THAT(why_refused(), HasSubstr("device sda refused in step 'suspend'"));
  expect_as_it_was();
}

TEST_F(WakeDoorTest, AnEventWhileFreezingIsNotTakenForATaskThatDoesNotFreeze) {
  std::uint64_t duration_ns = 5'000'000;
  machine.put("/sys/power/pm_freeze_timeout", "20000\n");
  machine.on_suspend = [&] {
    machine.sleep_ns(duration_ns);
    machine.put("/sys/power/suspend_stats/failed_freeze", std::to_string(duration_ns) + "\n");
    return EBUSY;
  };
  EXPECT_THAT(why_refused(), HasSubstr("a wake-up event came in between"));
  duration_ns = 20'001'000'000;
  EXPECT_THAT(why_refused(), HasSubstr("a task could not be frozen"));
  expect_as_it_was();
}

TEST_F(WakeDoorTest, AnAlarmThatCameEarlyIsRetriedOnceAndTold) {
  int suspends = 0;
  const auto usual = machine.on_suspend;
  machine.on_suspend = [&]() -> int {
    if (machine.read_line("/sys/power/pm_test").find("[none]") != std::string::npos && ++suspends == 1) {
      machine.sleep_ns(3'000'000'000);  // far longer than it took in the rehearsal
      machine.put("/sys/class/rtc/rtc0/wakealarm", "");
      return EBUSY;
    }
    return usual();
  };
  const auto report = jump_once();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(suspends, 2);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("tried once more, 1800 ms ahead instead of 900")));
  expect_as_it_was();
}

TEST_F(WakeDoorTest, AnEventJustBeforeTheSuspendStartsItAnew) {
  machine.put("/sys/power/wakeup_count", "41\n");
  std::vector<std::string> written;
  const auto usual = machine.on_write;
  machine.on_write = [&](const std::string& path, const std::string& text) {
    if (!path.ends_with("wakeup_count")) {
      return usual(path, text);
    }
    written.push_back(text);
    machine.put("/sys/power/wakeup_count", "42\n");
    return text == "42" ? 0 : EINVAL;
  };
  machine.while_asleep = [&] { EXPECT_THAT(written, ElementsAre("41", "42")); };
  ASSERT_TRUE(jump_once());
  EXPECT_THAT(written, ElementsAre("41", "42", "41")) << "the last one ends the watch";
  machine.while_asleep = [] {};
  machine.put("/sys/class/wakeup/wakeup3/active_time_ms", "7\n");
  ASSERT_TRUE(jump_once()) << "reading the count would wait for the end of that event";
  EXPECT_EQ(written.size(), 3U);
}

TEST_F(WakeDoorTest, AClockThatMayNotWakeTheMachineClosesTheDoor) {
  machine.put("/sys/class/rtc/rtc0/device/power/wakeup", "disabled\n");
  EXPECT_THAT(why_refused(), HasSubstr("may not wake the machine"));
  expect_as_it_was();
}

TEST_F(WakeDoorTest, AnAlarmThatIsNotTakenStopsIt) {
  const auto usual = machine.on_write;
  machine.on_write = [&](const std::string& path, const std::string& text) {
    return path.ends_with("wakealarm") && text != "0" ? EINVAL : usual(path, text);
  };
  EXPECT_THAT(why_refused(), HasSubstr("does not take an alarm"));
  EXPECT_EQ(machine.count("suspend"), 1) << "the rehearsal";
  expect_as_it_was();
}

TEST_F(WakeDoorTest, WakingInAnotherWayIsAnError) {
  machine.on_suspend = [&] { return 0; };
  EXPECT_THAT(why_refused(), HasSubstr("not through the wake-up code at 0x991d0"));
  expect_as_it_was();
}

TEST_F(WakeDoorTest, AForeignExchangeIsReported) {
  machine.payload_runs = false;
  const auto report = jump_once();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome, abi::Outcome::kRefused);
  expect_as_it_was();
}

TEST_F(WakeDoorTest, WhatAKilledKjumpLeftIsUndoneByTheNext) {
  WakeState state{find_wake_code(machine).value(), jump_to(abi::kRealBase), "rtc0", 77, 5000, "s2idle"};
  ASSERT_TRUE(save_wake_state(machine, state));
  ASSERT_TRUE(plant(machine, state));
  machine.put("/sys/class/rtc/rtc0/wakealarm", "77\n");
  machine.put("/sys/power/mem_sleep", "s2idle [deep]\n");
  ASSERT_TRUE(jump_once());
  expect_as_it_was("5000");
  EXPECT_THAT(
      notes, ElementsAre(HasSubstr("wake-up code at 0x991d0 is back"),
                         HasSubstr("former alarm of rtc0 is set again"), HasSubstr("mem_sleep is 's2idle'")));
}

TEST_F(WakeDoorTest, TheRecordSurvivesAndNonsenseDoesNot) {
  const WakeState state{find_wake_code(machine).value(), jump_to(abi::kRealBase), "rtc0", 77, {}, "s2idle"};
  EXPECT_EQ(parse_wake_state(encode(state), "x").value(), state);
  WakeState elsewhere = state;
  elsewhere.code.address = 0x1000;
  EXPECT_FALSE(parse_wake_state(encode(elsewhere), "x")) << "page 1 is nobody's wake-up code";
  for (const std::string text : {"", "{}", "[1]", "{\"address\": \"x\"}", "\xFF"}) {
    EXPECT_FALSE(parse_wake_state(text, "x")) << text;
  }
}

TEST_F(WakeDoorTest, ClosedDoorsSayWhy) {
  machine.put("/sys/power/mem_sleep", "[s2idle]\n");
  EXPECT_THAT(why_refused(), HasSubstr("not deep"));
  machine.put("/sys/power/mem_sleep", "[deep]\n");
  machine.put("/sys/power/pm_test", "none [devices]\n");
  EXPECT_THAT(why_refused(), HasSubstr("echo none > /sys/power/pm_test"));
  machine.put("/sys/power/pm_test", "[none] devices\n");
  machine.remove("/sys/class/rtc/rtc0/wakealarm");
  EXPECT_THAT(why_refused(), HasSubstr("no real-time clock has an alarm"));
}

TEST_F(WakeDoorTest, SectorsAreMovedOnlyOnIde) {
  RunRequest request;
  request.calls = {{0x13, 0x4200}};
  const auto outcome = [&](const DoorOptions& door) {
    const auto report = make_host_target_on(machine, door, {})->run(test::image_with_wake_entry(), request);
    return report ? "ran" : report.error().text();
  };
  machine.put("/sys/bus/pci/devices/0000:00:01.1/class", "0x010180\n");
  EXPECT_EQ(outcome(kWake), "ran");
  machine.put("/sys/bus/pci/devices/0000:00:04.0/class", "0x010601\n");
  EXPECT_THAT(outcome(kWake), HasSubstr("PCI device 0000:00:04.0, class 0x010601"));
  expect_as_it_was();
  EXPECT_EQ(outcome({.choice = DoorChoice::kKexec}), "ran") << "Linux leaves the controller set up";
}

TEST_F(WakeDoorTest, WhatTheChipsetForgetsGoesIntoTheImage) {
  std::string config(0x100, '\0');
  const auto put = [&](std::size_t offset, std::uint32_t value) {
    std::memcpy(config.data() + offset, &value, sizeof value);
  };
  put(0, 0x29188086);
  put(0x40, 0x601);
  put(0x44, 0x80);
  machine.put("/sys/bus/pci/devices/0000:00:1f.0/config", config);
  machine.while_asleep = [&] {
    abi::LoaderParameters parameters;
    std::memcpy(&parameters, machine.peek(abi::kRealBase + test::kParametersOffset, sizeof parameters).data(),
                sizeof parameters);
    EXPECT_EQ(parameters.wake_code, test::kWakeCode);
    EXPECT_EQ(parameters.config_writes[0].address, 0x8000F840U);
    EXPECT_EQ(parameters.config_writes[0].value, 0x601U);
    EXPECT_EQ(parameters.config_writes[1].address, 0x8000F844U);
    EXPECT_EQ(parameters.config_writes[1].value, 0x80U);
    EXPECT_EQ(parameters.config_writes[2].address, 0U);
  };
  ASSERT_TRUE(jump_once());
  put(0x40, 1);  // after a suspend that was not kjump's
  machine.put("/sys/bus/pci/devices/0000:00:1f.0/config", config);
  EXPECT_THAT(why_refused(), HasSubstr("sleep registers are gone"));
}

TEST_F(WakeDoorTest, AutoTakesKexecWhereTheKernelCan) {
  const auto chosen = [&](const Image& image) {
    const auto session = open_session(machine, DoorOptions{}, image);
    return session ? session->door() + ": " + session->door_reason() : session.error().text();
  };
  EXPECT_EQ(chosen(test::image_with_wake_entry()), "kexec: the kernel can");
  machine.probe_error = EINVAL;
  EXPECT_THAT(chosen(test::image_with_wake_entry()), HasSubstr("wake: the kexec door is closed"));
  EXPECT_THAT(chosen(test::small_image()), HasSubstr("CONFIG_KEXEC_JUMP")) << "no wake entry";
  machine.put("/sys/power/mem_sleep", "[s2idle]\n");
  EXPECT_THAT(chosen(test::image_with_wake_entry()), HasSubstr("no door opens"));
  machine.probe_error = EFAULT;
  machine.put("/sys/power/mem_sleep", "[deep]\n");
  machine.put("/sys/kernel/kexec_loaded", "1\n");
  EXPECT_THAT(chosen(test::image_with_wake_entry()), HasSubstr("another image is already loaded"))
      << "busy is no reason to go another way";
}

}  // namespace
}  // namespace kjump
