// SPDX-License-Identifier: MIT
// Rule: a job counts as suspended only when the machine was switched off under it, and as gone on only when
// the machine of the second life sends the first one's result; whatever else comes is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

#include <kjump/linux_vm.hpp>

#include "harness/scratch.hpp"
#include "targets/linux_vm/frame.hpp"

namespace kjump::harness {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kFrame = "/job/frame";

class PowerCycle : public Scratch {
 protected:
  void SetUp() override {
#ifdef KJUMP_SANITIZE
    GTEST_SKIP() << "a kjump with sanitizers is not static, so it cannot go into a guest";
#endif
    if (const auto kernel = find_kernel(options_.kernel); !kernel) {
      GTEST_SKIP() << kernel.error().text();
    }
  }

  static Job script(const std::string& text) {
    Job job;
    job.script = text;
    job.limit = 40s;
    return job;
  }

  Result<SuspendedJob> suspend(const std::string& text) {
    return LinuxVm(options_).run_until_power_off(script(text));
  }

  Error not_suspended(const std::string& text) {
    const auto suspended = suspend(text);
    EXPECT_FALSE(suspended);
    return suspended ? Error{} : suspended.error();
  }

  /// A second life that sends what the restored machine would.
  static PowerOn sends(const std::vector<std::byte>& frame, const std::string& then) {
    PowerOn how;
    how.with = PowerOn::With::kLinux;
    how.job = script(std::string("cat ") + kFrame + " > $(echo /dev/vport*p*);" + then);
    how.job.files = {{kFrame, frame, false}};
    return how;
  }

  std::filesystem::path empty_disk() {
    const auto disk = directory() / "disk.img";
    std::ofstream(disk).close();
    std::filesystem::resize_file(disk, 1 << 20);
    return disk;
  }

  LinuxVmOptions options_;
};

TEST_F(PowerCycle, TakesTheRestFromTheSecondLife) {
  const auto suspended = suspend("echo half; poweroff -f");
  ASSERT_TRUE(suspended) << suspended.error().text();
  JobResult rest;
  rest.exit_code = 3;
  rest.out = "both halves\n";
  const auto result = LinuxVm(options_).resume(
      *suspended, sends(targets::encode_frame(suspended->nonce, rest), "poweroff -f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out, "both halves\n");
  EXPECT_TRUE(tidy());
}

TEST_F(PowerCycle, KeepsTheLogsOfBothLives) {
  options_.machine.artifacts = directory() / "kept";
  const auto suspended = suspend("echo first life; poweroff -f");
  ASSERT_TRUE(suspended) << suspended.error().text();
  const auto result =
      LinuxVm(options_).resume(*suspended, sends(targets::encode_frame(suspended->nonce, {}), "poweroff -f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_TRUE(std::filesystem::exists(suspended->console));
  EXPECT_TRUE(std::filesystem::exists(result->console));
  EXPECT_NE(suspended->console, result->console);
}

TEST_F(PowerCycle, IsNoResetAndNoEnd) {
  EXPECT_THAT(not_suspended("reboot -f").what, HasSubstr("the guest reset"));
  const Error ended = not_suspended("echo oh no >&2; exit 5");
  EXPECT_THAT(ended.what, HasSubstr("the job ended before the machine was switched off, with code 5: oh no"));
}

TEST_F(PowerCycle, TellsOfASecondLifeThatEndsItself) {
  const auto suspended = suspend("poweroff -f");
  ASSERT_TRUE(suspended) << suspended.error().text();
  PowerOn how;
  how.with = PowerOn::With::kLinux;
  how.job = script("echo refused >&2; exit 1");
  const auto result = LinuxVm(options_).resume(*suspended, how);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what,
              HasSubstr("the job that was to bring the suspended one back ended itself, with "
                        "code 1: refused"));
}

TEST_F(PowerCycle, TellsOfADiskThatDoesNotBoot) {
  options_.machine.disks = {{empty_disk(), DiskBus::kVirtio}};
  auto suspended = suspend("poweroff -f");
  ASSERT_TRUE(suspended) << suspended.error().text();
  suspended->limit = 4s;
  const auto result = LinuxVm(options_).resume(*suspended, {});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("the suspended job did not go on: the guest sent no result"));
  EXPECT_THAT(result.error().what, HasSubstr("No bootable device"));
}

}  // namespace
}  // namespace kjump::harness
