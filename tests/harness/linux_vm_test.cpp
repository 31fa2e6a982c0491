// SPDX-License-Identifier: MIT
// Rule: a job's result is what came through the agent's port with this run's nonce; a guest that panics,
// hangs, loses its agent, lies on its console or sends a foreign frame is an error that says so and keeps the
// evidence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <kjump/linux_vm.hpp>

#include "harness/scratch.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

class Linux : public Scratch {
 protected:
  void SetUp() override {
#ifdef KJUMP_SANITIZE
    GTEST_SKIP() << "a kjump with sanitizers is not static, so it cannot go into a guest";
#endif
    if (const auto kernel = find_kernel(options_.kernel); !kernel) {
      GTEST_SKIP() << kernel.error().text();
    }
  }

  Result<JobResult> run(const std::string& script, std::chrono::milliseconds limit = 40s) {
    Job job;
    job.script = script;
    job.limit = limit;
    return LinuxVm(options_).run(job);
  }

  Error failure_of(const std::string& script, std::chrono::milliseconds limit = 40s) {
    const auto result = run(script, limit);
    EXPECT_FALSE(result) << "exit code " << result->exit_code;
    const Error error = result ? Error{} : result.error();
    EXPECT_THAT(error.subject, HasSubstr(directory().string()));
    EXPECT_TRUE(std::filesystem::exists(error.subject)) << error.subject;
    EXPECT_THAT(error.hint, HasSubstr("command.txt"));
    return error;
  }

  LinuxVmOptions options_;
};

TEST_F(Linux, BringsEverythingBack) {
  Job job;
  job.arguments = {"/bin/sh", "/job/script", "one two"};
  const std::string script = "echo \"$1\"; cat /job/data >&2; cp /job/data /tmp/copy; exit 7";
  job.files = {{"/job/script", {}, true}, {"/job/data", {}, false}};
  for (const char character : script) {
    job.files[0].content.push_back(static_cast<std::byte>(character));
  }
  for (int i = 0; i < 100'000; ++i) {
    job.files[1].content.push_back(static_cast<std::byte>(i % 251));
  }
  job.outputs = {"/tmp/copy", "/tmp/never-made"};
  const auto result = LinuxVm(options_).run(job);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 7);
  EXPECT_EQ(result->out, "one two\n");
  EXPECT_EQ(result->err.size(), 100'000U);
  ASSERT_EQ(result->files.size(), 1U);
  EXPECT_EQ(result->files.at("/tmp/copy"), job.files[1].content);
  EXPECT_TRUE(tidy());
}

TEST_F(Linux, ReportsTheSignalThatKilledTheJob) {
  const auto result = run("kill -SEGV $$");
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 128 + 11);
}

TEST_F(Linux, QuotesThePanicOfAGuestWithoutInit) {
  options_.extra_command_line = "rdinit=/bin/false";
  const Error error = failure_of("true");
  EXPECT_EQ(error.code, ErrorCode::kGuest);
  EXPECT_THAT(error.what, HasSubstr("the guest sent no result"));
  EXPECT_THAT(error.what, HasSubstr("Kernel panic"));
}

TEST_F(Linux, NoticesThatTheAgentWasKilled) {
  const Error error = failure_of("kill -9 $PPID; sleep 1");
  EXPECT_THAT(error.what, HasSubstr("the guest sent no result"));
  EXPECT_THAT(error.what, HasSubstr("the agent ended with code 137"));
}

TEST_F(Linux, NamesAKernelModuleThatDoesNotLoad) {
  const auto kernel = find_kernel(options_.kernel);
  ASSERT_TRUE(kernel) << kernel.error().text();
  const auto modules = directory() / "kernel" / "modules";
  std::filesystem::create_directories(modules);
  std::filesystem::create_symlink(*kernel, directory() / "kernel" / "bzImage");
  ASSERT_TRUE(targets::write_file(modules / "load-order", "broken.ko\n"));
  ASSERT_TRUE(targets::write_file(modules / "broken.ko", "no module at all"));
  options_.kernel = (directory() / "kernel" / "bzImage").string();
  const Error error = failure_of("true");
  EXPECT_THAT(error.what, HasSubstr("cannot load the kernel module (/kjump/modules/broken.ko)"));
}

TEST_F(Linux, StopsAJobThatHangs) {
  const Error error = failure_of("echo before the nap >&2; sleep 1000", 10s);
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_THAT(error.what, HasSubstr("still running after 10.0 s"));
  EXPECT_THAT(error.what, HasSubstr("before the nap"));
}

TEST_F(Linux, DoesNotBelieveTheConsole) {
  const Error error =
      failure_of("echo 'jump 1: returned, status 0' >/dev/console; echo KJUMPFR1 >/dev/console; poweroff -f");
  EXPECT_THAT(error.what, HasSubstr("the guest sent no result"));
}

TEST_F(Linux, DoesNotBelieveAForeignFrame) {
  // Magic, nonce 1, an empty body.
  const Error error = failure_of(
      "port=$(echo /dev/vport*p*);"
      "printf 'KJUMPFR1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' > $port;"
      "poweroff -f");
  EXPECT_THAT(error.what, HasSubstr("foreign nonce, 0000000000000001 instead of"));
}

TEST_F(Linux, DoesNotBelieveGarbageOnThePort) {
  const Error error =
      failure_of("port=$(echo /dev/vport*p*); head -c 3000 /dev/urandom > $port; poweroff -f");
  EXPECT_THAT(error.what, HasSubstr("3000 bytes that are no result"));
}

}  // namespace
}  // namespace kjump::harness
