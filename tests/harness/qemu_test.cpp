// SPDX-License-Identifier: MIT
// Rule: however a guest ends, the harness says how, in words that cannot be mistaken for success, within its
// limit, and leaves no QEMU behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "harness/guests.hpp"
#include "harness/scratch.hpp"
#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/qemu.hpp"

namespace kjump::harness {
namespace {

using targets::Artifacts;
using targets::QemuEnd;
using targets::QemuOutcome;
using targets::QemuSpec;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class Qemu : public Scratch {
 protected:
  static QemuSpec boot_sector(const std::string& name, std::chrono::milliseconds limit) {
    QemuSpec spec;
    spec.limit = limit;
    spec.arguments = {"-m",      "16",
                      "-drive",  "if=floppy,format=raw,snapshot=on,file=" + guest(name).string(),
                      "-device", "isa-debug-exit,iobase=0xf4,iosize=4"};
    return spec;
  }

  QemuOutcome boot(const std::string& name, std::chrono::milliseconds limit = 10s) {
    auto outcome = targets::run_qemu(boot_sector(name, limit), artifacts_);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return outcome.value_or(QemuOutcome{});
  }

  Artifacts artifacts_ = *Artifacts::create({});
};

TEST_F(Qemu, TellsATripleFaultFromAReset) {
  set("KJUMP_ACCEL", "tcg");  // KVM does not say
  const QemuOutcome fault = boot("triple_fault");
  EXPECT_EQ(fault.end, QemuEnd::kGuestStopped);
  EXPECT_EQ(targets::describe(fault), "the guest triple-faulted");

  const QemuOutcome reset = boot("reset");
  EXPECT_EQ(reset.end, QemuEnd::kGuestStopped);
  EXPECT_FALSE(reset.triple_fault);
  EXPECT_THAT(targets::describe(reset), HasSubstr("reset"));
}

TEST_F(Qemu, StopsAGuestThatHangs) {
  const auto start = std::chrono::steady_clock::now();
  const QemuOutcome outcome = boot("hang", 1500ms);
  EXPECT_EQ(outcome.end, QemuEnd::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);

  const Error error = targets::guest_failure("a boot sector", outcome, artifacts_).value();
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_THAT(error.text(), HasSubstr("still running after 1.5 s"));
  EXPECT_THAT(error.text(), HasSubstr("about to hang"));
  EXPECT_THAT(error.text(), HasSubstr(artifacts_.serial_log().string()));
  EXPECT_THAT(error.hint, HasSubstr(artifacts_.command().string()));
}

TEST_F(Qemu, QuotesGarbageInPrintableCharacters) {
  const QemuOutcome outcome = boot("garbage");
  EXPECT_EQ(outcome.end, QemuEnd::kGuestStopped);
  const std::string text = targets::guest_failure("a boot sector", outcome, artifacts_).value().text();
  for (const char character : text) {
    ASSERT_TRUE(character >= ' ' && character <= '~') << static_cast<int>(character);
  }
  EXPECT_LT(text.size(), 2000U);
}

TEST_F(Qemu, ReportsTheValueOfTheExitPort) {
  const QemuOutcome outcome = boot("odd_exit");
  EXPECT_EQ(outcome.end, QemuEnd::kDebugExit);
  EXPECT_EQ(outcome.value, 0x2A);
}

TEST_F(Qemu, QuotesWhatQemuItselfComplainsAbout) {
  QemuSpec spec;
  spec.arguments = {"-device", "no-such-device"};
  const auto outcome = targets::run_qemu(spec, artifacts_);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->end, QemuEnd::kQemuError);
  const Error error = targets::guest_failure("jump 1 was lost", *outcome, artifacts_).value();
  EXPECT_THAT(error.text(), HasSubstr("no-such-device"));
  EXPECT_THAT(error.text(), Not(HasSubstr("jump 1")));
}

TEST_F(Qemu, TellsHowToInstallQemuWhenItIsMissing) {
  set("KJUMP_QEMU", "/nonexistent/qemu");
  const auto outcome = targets::run_qemu(boot_sector("reset", 1s), artifacts_);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("apt install qemu-system-x86"));
}

TEST_F(Qemu, SaysWhenQemuIsKilledBySomebodyElse) {
  QemuSpec spec = boot_sector("hang", 10s);
  const std::filesystem::path pid_file = directory() / "pid";
  spec.arguments.insert(spec.arguments.end(), {"-pidfile", pid_file.string()});
  spec.finished = [&pid_file] {
    if (pid_t pid = 0; std::ifstream(pid_file) >> pid) {
      ::kill(pid, SIGSEGV);
    }
    return false;
  };
  const auto outcome = targets::run_qemu(spec, artifacts_);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->end, QemuEnd::kSignal);
  EXPECT_EQ(outcome->value, SIGSEGV);
}

bool is_running(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return (status >> number >> name >> state) && state != "Z";
}

TEST_F(Qemu, DiesWithTheProgramThatStartedIt) {
  QemuSpec spec = boot_sector("hang", 60s);
  const std::filesystem::path pid_file = directory() / "pid";
  spec.arguments.insert(spec.arguments.end(), {"-pidfile", pid_file.string()});
  const pid_t owner = ::fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) {
    static_cast<void>(targets::run_qemu(spec, artifacts_));
    ::_exit(0);
  }
  pid_t qemu = 0;
  for (int i = 0; i < 500 && !(std::ifstream(pid_file) >> qemu); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_GT(qemu, 0);
  EXPECT_TRUE(is_running(qemu));
  ::kill(owner, SIGKILL);
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  for (int i = 0; i < 200 && is_running(qemu); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(is_running(qemu));
}

TEST_F(Qemu, KeepsTheExactCommandLine) {
  boot("reset");
  const std::string command = targets::read_log(artifacts_.command());
  EXPECT_THAT(command, HasSubstr("-no-reboot"));
  EXPECT_THAT(command, HasSubstr(guest("reset").string()));
  // It is a shell script, and does the same once more.
  EXPECT_EQ(::system(("timeout 10 sh " + artifacts_.command().string()).c_str()), 0);
}

TEST_F(Qemu, RefusesAnUnknownAccelerator) {
  set("KJUMP_ACCEL", "xen");
  const auto outcome = targets::run_qemu(boot_sector("reset", 1s), artifacts_);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("KJUMP_ACCEL=xen"));
}

}  // namespace
}  // namespace kjump::harness
