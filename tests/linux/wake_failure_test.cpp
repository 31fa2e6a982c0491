// SPDX-License-Identifier: MIT
// Rule: when the machine does not go to sleep, one precise message says what refused and exit code is 1; the
// kernel's wake-up code is byte for byte what it was at boot, no alarm and no record stay behind, and the
// next jump and the next ordinary suspend work.
#include "linux/wake.hpp"

namespace kjump::tests {
namespace {

struct Misfortune {
  const char* name;
  const char* kernel;
  std::string before;   ///< shell, run first
  const char* after;    ///< shell, ends what `before` has begun
  const char* message;  ///< what the one line on stderr must contain
};

constexpr const char* kScript = R"sh(
kjump run /job/hello_real.kjump --door wake >/tmp/out 2>/tmp/err; status=$?
echo "== status"; echo $status
echo "== err"; cat /tmp/err
echo "== left"; code | cmp - /tmp/code; cat $alarm; ls /run/kjump.wake 2>/dev/null
after
echo "== again"; kjump run /job/hello_real.kjump --door wake --json
echo "== suspend"; awake 2 && echo slept; code | cmp - /tmp/code
echo "== health"; health after
)sh";

class WakeFailure : public testing::TestWithParam<Misfortune> {};

TEST_P(WakeFailure, SaysWhyAndLeavesTheMachineAsItWas) {
  const Misfortune& misfortune = GetParam();
  Guest guest(misfortune.kernel);
  guest.options.machine.cpus = 2;
  guest.job.limit = std::chrono::seconds(100);
  guest.with_image("hello_real").with_file(KJUMP_RESTLESS, "/bin/restless", true);
  const JobResult result =
      guest.run(std::string(kHealth) + kWake + "code >/tmp/code\nhealth before\nafter() {\n" +
                misfortune.after + "\n}\n" + misfortune.before + kScript);
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "status"), "1\n");
  const auto messages = lines(section(result.out, "err"));
  ASSERT_EQ(messages.size(), 1U) << section(result.out, "err");
  EXPECT_EQ(messages[0].rfind("kjump: ", 0), 0U) << messages[0];
  EXPECT_NE(messages[0].find(misfortune.message), std::string::npos) << messages[0];
  EXPECT_EQ(section(result.out, "left"), "");
  const auto again = json_section(result.out, "again");
  ASSERT_EQ(again["jumps"].size(), 1U) << again.dump();
  EXPECT_TRUE(hello_returned(again["jumps"][0]));
  EXPECT_EQ(section(result.out, "suspend"), "slept\n");
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

// Nobody reads the other end of wakeup_count's promise: the next event ends the next suspend.
constexpr const char* kEvent = R"sh(
cat /sys/power/wakeup_count >/tmp/count; cat /tmp/count >/sys/power/wakeup_count
echo 0 >$alarm; echo +1 >$alarm; sleep 3
)sh";

// The suspend waits for the stuck task for twenty seconds; the alarm comes before.
constexpr const char* kEarlyAlarm = R"sh(
echo 20000 >/sys/power/pm_freeze_timeout
kjump() { unset -f kjump; command kjump "$@" --alarm 3; }
)sh";

constexpr const char* kReadOnlyAlarm = R"sh(
mount -t tmpfs none /mnt && touch /mnt/alarm && mount --bind /mnt/alarm $alarm && mount -o remount,ro /mnt || exit 1
)sh";

INSTANTIATE_TEST_SUITE_P(
    Reasons, WakeFailure,
    testing::Values(
        Misfortune{"task_not_frozen", "debian-6.12", kStuckTask, "free_stuck_task; dmesg -c >/dev/null",
                   "a task could not be frozen"},
        Misfortune{"early_alarm", "debian-6.12", std::string(kStuckTask) + kEarlyAlarm,
                   "free_stuck_task; dmesg -c >/dev/null", "a wake-up event came in between"},
        Misfortune{"event_pending_rehearsal", "debian", kEvent, ":", "a wake-up event came in between"},
        Misfortune{"alarm_refused", "debian", kReadOnlyAlarm, "umount $alarm; umount /mnt",
                   "the real-time clock does not take an alarm"},
        Misfortune{"alarm_may_not_wake", "debian",
                   "wakeup=/sys/class/rtc/rtc0/device/power/wakeup; echo disabled >$wakeup",
                   "echo enabled >$wakeup", "rtc0 may not wake the machine"},
        Misfortune{"driver_refuses", "debian-6.12", "restless & sleep 1", "kill $!; wait", "alarmtimer"},
        Misfortune{"driver_refuses_rehearsal", "debian", "restless & sleep 1", "kill $!; wait",
                   "alarmtimer"}),
    [](const testing::TestParamInfo<Misfortune>& misfortune) { return std::string(misfortune.param.name); });

}  // namespace
}  // namespace kjump::tests
