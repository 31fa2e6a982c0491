// SPDX-License-Identifier: MIT
// Rule: whatever happens on the way through the wake door, the kernel's wake-up code comes back byte for
// byte: by kjump, by the next kjump when this one was killed, or by the image itself in an ordinary suspend.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "linux/wake.hpp"

namespace kjump::tests {
namespace {

// The kernel tries for two seconds to freeze a task while the jump is planted; meanwhile kjump gets a signal
// that ends it as soon as it is back from there. How long kjump takes to get that far depends on how busy
// this machine is: a signal that came too early is sent again, later.
constexpr const char* kKilled = R"sh(
for seconds in 2 3 4 5 6 7 8 9; do
  doomed $seconds kjump run /job/hello_real.kjump --door wake --alarm 30 >/dev/null 2>&1; status=$?
  code | cmp -s - /tmp/code || break
done
echo "== killed"; echo $status
free_stuck_task; dmesg -c >/dev/null
echo "== displaced"; code | cmp -s - /tmp/code || echo yes
)sh";

constexpr const char* kAgain = R"sh(
echo "== intact"; code | cmp - /tmp/code && echo yes; cat $alarm; ls /run/kjump.wake 2>/dev/null
echo "== suspend"; awake 2 && echo slept
echo "== again"; kjump run /job/hello_real.kjump --door wake --json
echo "== health"; health after
)sh";

class WakeInterruption : public testing::Test {
 protected:
  static JobResult run(const std::string& kernel, const std::string& script,
                       const std::vector<std::string>& arguments = {}) {
    Guest guest(kernel);
    guest.options.machine.cpus = 2;
    guest.options.machine.extra_arguments = arguments;
    guest.job.limit = std::chrono::seconds(120);
    guest.with_image("hello_real").with_file(KJUMP_DOOMED, "/bin/doomed", true);
    guest.with_file(KJUMP_FAULTS, "/job/test_faults.kjump");
    JobResult result =
        guest.run(std::string(kHealth) + kWake + "code >/tmp/code\nhealth before\n" + script + kAgain);
    EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
    return result;
  }
  static void expect_all_is_well(const JobResult& result) {
    EXPECT_EQ(section(result.out, "intact"), "yes\n");
    EXPECT_EQ(section(result.out, "suspend"), "slept\n");
    const auto again = json_section(result.out, "again");
    ASSERT_EQ(again["jumps"].size(), 1U) << again.dump();
    EXPECT_TRUE(hello_returned(again["jumps"][0]));
    EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
  }
};

TEST_F(WakeInterruption, AKilledJumpIsRepaired) {
  const JobResult result =
      run("debian-6.12", std::string(kStuckTask) + kKilled + "echo '== repair'; kjump wake repair\n");
  EXPECT_EQ(section(result.out, "killed"), "142\n") << "128 + SIGALRM";
  EXPECT_EQ(section(result.out, "displaced"), "yes\n");
  const std::string repaired = section(result.out, "repair");
  EXPECT_NE(repaired.find("is back in its place"), std::string::npos) << repaired;
  EXPECT_NE(repaired.find("the alarm of rtc0 is cleared"), std::string::npos) << repaired;
  expect_all_is_well(result);
}

// With such a duration on record kjump waits most of a second for the right moment; the alarm is set by then.
TEST_F(WakeInterruption, KilledWhileItWaitsForItsMoment) {
  const JobResult result = run("debian", R"sh(
echo 450000000 >/run/kjump.suspend-time
kjump run /job/hello_real.kjump --door wake >/dev/null 2>&1 &
until [ -s $alarm ] && [ -n "$(cat $alarm)" ]; do :; done
kill -9 $!; wait $!; status=$?
echo "== killed"; echo $status
rm /run/kjump.suspend-time
echo "== repair"; kjump wake repair
)sh");
  EXPECT_EQ(section(result.out, "killed"), "137\n") << "128 + SIGKILL";
  const std::string repaired = section(result.out, "repair");
  EXPECT_NE(repaired.find("the alarm of rtc0 is cleared"), std::string::npos) << repaired;
  EXPECT_EQ(repaired.find("is back in its place"), std::string::npos) << "nothing was displaced yet";
  expect_all_is_well(result);
}

TEST_F(WakeInterruption, AnOrdinarySuspendAfterAKilledJumpWakesUp) {
  const JobResult result = run("debian-6.12", std::string(kStuckTask) + kKilled +
                                                  "echo '== wild'; awake 2 && echo slept\n"
                                                  "echo '== repair'; kjump wake repair\n");
  EXPECT_EQ(section(result.out, "displaced"), "yes\n");
  EXPECT_EQ(section(result.out, "wild"), "slept\n");
  expect_all_is_well(result);
}

TEST_F(WakeInterruption, AFaultOfThePayloadComesBack) {
  const JobResult result = run("debian", R"sh(
printf pu >/tmp/what
kjump run /job/test_faults.kjump --door wake --in /tmp/what --json >/tmp/report 2>/tmp/err; status=$?
echo "== status"; echo $status
echo "== report"; cat /tmp/report
)sh");
  EXPECT_EQ(section(result.out, "status"), "1\n");
  const auto report = json_section(result.out, "report");
  ASSERT_EQ(report["jumps"].size(), 1U);
  EXPECT_EQ(report["jumps"][0]["outcome"], "fault");
  EXPECT_FALSE(report["jumps"][0]["fault"].is_null()) << "which exception, and where";
  expect_all_is_well(result);
}

/// QEMU's monitor on a socket; waits until the machine sleeps and presses the button.
void press_the_button_when_asleep(const std::string& path, const std::atomic<bool>& over) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bool connected = false;
  std::string said;
  while (!over && said.find("suspended") == std::string::npos) {
    connected = connected || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    char text[4096];
    if (const auto count = connected ? ::read(fd, text, sizeof text) : 0; count > 0) {
      said.assign(text, static_cast<std::size_t>(count));
    }
    if (connected && ::write(fd, "info status\n", 12) != 12) {
      break;
    }
    ::usleep(200'000);
  }
  EXPECT_EQ(::write(fd, "system_wakeup\n", 14), 14);
  while (!over) {
    ::usleep(100'000);
  }
  ::close(fd);
}

TEST_F(WakeInterruption, TheButtonWakesTheMachineBeforeTheAlarm) {
  const std::string socket =
      std::filesystem::temp_directory_path() / ("kjump-monitor-" + std::to_string(getpid()));
  std::atomic<bool> over = false;
  std::thread user([&] { press_the_button_when_asleep(socket, over); });
  const JobResult result = run("debian", R"sh(
begin=$(cut -d. -f1 /proc/uptime)
echo "== button"; kjump run /job/hello_real.kjump --door wake --alarm 25 --json || exit 1
echo "== seconds"; echo $(($(cut -d. -f1 /proc/uptime) - begin))
)sh",
                               {"-chardev", "socket,id=button,server=on,wait=off,path=" + socket, "-mon",
                                "chardev=button,mode=readline"});
  over = true;
  user.join();
  std::filesystem::remove(socket);
  const auto report = json_section(result.out, "button");
  ASSERT_EQ(report["jumps"].size(), 1U) << report.dump();
  EXPECT_TRUE(hello_returned(report["jumps"][0]));
  EXPECT_LT(std::stoi(section(result.out, "seconds")), 20) << "it was the alarm";
  expect_all_is_well(result);
}

}  // namespace
}  // namespace kjump::tests
