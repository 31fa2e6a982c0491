// SPDX-License-Identifier: MIT
// Rule: once a run has succeeded, nothing of its request or reply is left in any file; what is left only its
// owner can read; and no virtual machine has a network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>

#include <kjump/bios.hpp>
#include <kjump/linux_vm.hpp>
#include <kjump/target.hpp>

#include "harness/scratch.hpp"
#include "report/base64.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::harness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecret = "xyzzy-4711-nobody-else-says-this";

std::vector<std::byte> secret_bytes() {
  const auto bytes = std::as_bytes(std::span(kSecret));
  return {bytes.begin(), bytes.end()};
}

/// How the secret may look in a file: as it is, or within a report's base64, where it begins at any third
/// byte.
std::vector<std::string> forms_of_secret() {
  std::vector<std::string> forms{std::string(kSecret)};
  const std::vector<std::byte> bytes = secret_bytes();
  for (std::size_t skipped = 0; skipped < 3; ++skipped) {
    forms.push_back(report::encode_base64(std::span(bytes).subspan(skipped, 27)));
  }
  return forms;
}

class Secrets : public Scratch {
 protected:
  Secrets() : umask_(::umask(0)) { options_.artifacts = directory() / "kept" / ""; }
  ~Secrets() override { ::umask(umask_); }
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;
  Secrets(Secrets&&) = delete;
  Secrets& operator=(Secrets&&) = delete;

  void expect_discreet() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory())) {
      const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
      EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << entry.path();
      if (entry.is_regular_file()) {
        ++files;
        for (const std::string& form : forms_of_secret()) {
          EXPECT_THAT(targets::read_log(entry.path()), Not(HasSubstr(form))) << entry.path();
        }
      }
    }
    EXPECT_GT(files, 3U) << "logs are kept";
    EXPECT_THAT(targets::read_log(directory() / "kept" / "command.txt"),
                AllOf(HasSubstr("-nic none"), Not(HasSubstr("hostfwd")), Not(HasSubstr("netdev"))));
  }

  MachineOptions options_;

 private:
  mode_t umask_;
};

/// Its buffer is in the request, and comes back in the reply.
bios::Batch secret_batch() {
  bios::Step step = bios::interrupt(0x12);
  step.buffer_bytes = static_cast<std::uint32_t>(kSecret.size());
  step.input = secret_bytes();
  bios::Batch batch;
  batch.add(step);
  return batch;
}

TEST_F(Secrets, OfABareMachine) {
  const auto reply = secret_batch().run(*make_vm_target(options_));
  ASSERT_TRUE(reply) << reply.error().text();
  ASSERT_EQ(reply->calls.size(), 1U);
  EXPECT_EQ(reply->calls[0].buffer, secret_bytes());
  expect_discreet();
}

TEST_F(Secrets, OfALinuxThatJumps) {
  LinuxVmOptions linux_options;
  if (!find_kernel(linux_options.kernel)) {
    GTEST_SKIP() << "no kernel";
  }
  linux_options.machine = options_;
  const auto reply = secret_batch().run(*make_linux_vm_target(linux_options));
  ASSERT_TRUE(reply) << reply.error().text();
  ASSERT_EQ(reply->calls.size(), 1U);
  EXPECT_EQ(reply->calls[0].buffer, secret_bytes());
  expect_discreet();
}

TEST_F(Secrets, ResultsAreTheirOwners) {
  const auto file = directory() / "reply";
  ASSERT_TRUE(targets::write_file(file, secret_bytes()));
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// The evidence of a failure is worth more than its secrecy: whoever repeats the run needs all of it.
TEST_F(Secrets, StayWithAFailureForItsOwner) {
  options_.artifacts.clear();
  options_.extra_arguments = {"-device", "no-such-device"};
  const auto reply = secret_batch().run(*make_vm_target(options_));
  ASSERT_FALSE(reply);
  ASSERT_FALSE(tidy());
  const std::filesystem::path kept = *std::filesystem::directory_iterator(directory());
  EXPECT_EQ(std::filesystem::status(kept).permissions(), std::filesystem::perms::owner_all);
  EXPECT_TRUE(std::filesystem::exists(kept / "plan.bin"));
}

}  // namespace
}  // namespace kjump::harness
