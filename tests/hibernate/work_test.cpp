// SPDX-License-Identifier: MIT
// Rule: a file system that was mounted when the machine was saved, and was mounted elsewhere since, is not
// overrun by what the saved kernel remembers of it.
#include <unistd.h>

#include <gmock/gmock.h>

#include "hibernate/cycle.hpp"

namespace kjump::tests {
namespace {

class Work : public testing::Test {
 protected:
  void SetUp() override {
    data_ = std::filesystem::temp_directory_path() / ("kjump-work-" + std::to_string(getpid()) + ".img");
    const std::string make =
        "truncate -s 64M '" + data_.string() + "' && /sbin/mkfs.ext4 -q -F '" + data_.string() + "'";
    ASSERT_EQ(std::system(make.c_str()), 0) << make;
  }
  void TearDown() override { std::filesystem::remove(data_); }

  std::filesystem::path data_;
};

std::string script(const Cycle& cycle) {
  return std::string(kWork) + "store=" + cycle.store() + "; door='" + cycle.door() + "'\n" + R"sh(
mkdir -p /data && mount -t ext4 /dev/vdb /data || exit 4
head -c 3000000 /dev/urandom >/data/file
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
kjump hibernate --to $store $door
)sh";
}

// H1: somebody else has mounted it since.
TEST_F(Work, AFileSystemThatWasMountedMeanwhileIsNotOverrun) {
  Cycle cycle(Shape{});
  cycle.guest().options.machine.disks.push_back(Disk{data_, DiskBus::kVirtio, false});
  ASSERT_TRUE(cycle.save_only(script(cycle)));
  Guest other;
  other.options.machine = cycle.guest().options.machine;
  const JobResult mounted = other.run(
      "mkdir /data; mount -t ext4 /dev/vdb /data && echo new >/data/new && umount /data && echo written; "
      "kjump resume /dev/vda1; echo \"status $?\"; kjump hibernate status /dev/vda1");
  EXPECT_THAT(mounted.out, testing::HasSubstr("written\n"));
  EXPECT_THAT(mounted.out, testing::HasSubstr("status 1\n"));
  EXPECT_THAT(mounted.err + mounted.out, testing::HasSubstr("mounted or written since"));
  expect_refusal(cycle.guest().options.machine, "has been mounted or written since the image was saved");
}

}  // namespace
}  // namespace kjump::tests
