// SPDX-License-Identifier: MIT
// Rule: a real Linux that has been saved goes on with the very same job after the power was off: started by
// firmware alone, by a boot loader, or by another Linux; its memory is what it was.
#include <gmock/gmock.h>

#include "linux/guest.hpp"
#include "linux/power_cycle.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kStoreMib = 512;

std::string save_script(const std::string& device, const std::string& install) {
  return std::string(kHealth) + "store=" + device + R"sh(
kjump hibernate prepare $store >/dev/null || exit 10
)sh" + install +
         R"sh(
health before
kjump hibernate --to $store || exit 12
health after
)sh";
}

struct Case {
  const char* name;
  const char* kernel;
  DiskBus bus;
  const char* device;
};

class FromFirmware : public testing::TestWithParam<Case> {};

TEST_P(FromFirmware, TheJobGoesOn) {
  const StoreDisk disk(kStoreMib);
  Guest guest(GetParam().kernel);
  guest.options.machine.disks = {Disk{disk.path(), GetParam().bus, false}};
  guest.options.machine.cpus = 2;
  guest.job.script = save_script(GetParam().device, "kjump hibernate install-boot $store || exit 11");
  const LinuxVm machine(guest.options);
  const auto suspended = machine.run_until_power_off(guest.job);
  ASSERT_TRUE(suspended) << suspended.error().text();
  const auto result = machine.resume(*suspended, {});
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 0) << result->out << result->err;
  EXPECT_THAT(result->out, HasSubstr("HEALTHY")) << result->err;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Disks, FromFirmware,
                         testing::Values(Case{"virtio", "6.12", DiskBus::kVirtio, "/dev/vda1"},
                                         Case{"virtio_v6_1", "6.1", DiskBus::kVirtio, "/dev/vda1"},
                                         Case{"ide", "6.12", DiskBus::kIde, "/dev/sda1"}),
                         case_name);

// Of another version than the one that was saved, with other addresses for everything.
TEST(FromLinux, TheJobGoesOn) {
  const StoreDisk disk(kStoreMib);
  Guest guest;
  guest.options.machine.disks = {Disk{disk.path(), DiskBus::kVirtio, false}};
  guest.job.script = save_script("/dev/vda1", "");
  const LinuxVm machine(guest.options);
  const auto suspended = machine.run_until_power_off(guest.job);
  ASSERT_TRUE(suspended) << suspended.error().text();
  PowerOn how;
  how.with = PowerOn::With::kLinux;
  how.job.script = "kjump resume /dev/vda1";
  guest.options.kernel = "6.1";
  const auto result = LinuxVm(guest.options).resume(*suspended, how);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 0) << result->out << result->err;
  EXPECT_THAT(result->out, HasSubstr("HEALTHY")) << result->err;
}

}  // namespace
}  // namespace kjump::tests
