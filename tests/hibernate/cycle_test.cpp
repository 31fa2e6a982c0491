// SPDX-License-Identifier: MIT
// Rule: a Linux that is saved, switched off and started again by its disk's own boot sector goes on as if
// nothing had been: processes, memory, clocks, processors, disks.
#include <gmock/gmock.h>

#include "hibernate/cycle.hpp"

namespace kjump::tests {
namespace {

std::string name_of(const testing::TestParamInfo<Shape>& info) {
  return shape_name(info.param);
}

class Hibernate : public testing::TestWithParam<Shape> {};

TEST_P(Hibernate, GoesOnAfterAPowerCycle) {
  Cycle cycle(GetParam());
  const JobResult result =
      cycle.run(std::string(kWork) + "store=" + cycle.store() + "; door='" + cycle.door() + "'\n" + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
remember
kjump hibernate --to $store $door --json >/tmp/report; code=$?
echo "== report"; cat /tmp/report
echo "== survived"; survived
echo "== status"; kjump hibernate status $store
exit $code
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_THAT(section(result.out, "status"), testing::HasSubstr("done"));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Hibernate,
    testing::Values(Shape{},
                    Shape{.kernel = "6.1", .bus = DiskBus::kNvme, .machine = "q35", .memory_mib = 6144},
                    Shape{.bus = DiskBus::kAhci, .machine = "q35", .cpus = 1, .memory_mib = 1024},
                    Shape{.kernel = "debian", .door = "wake"},
                    Shape{.kernel = "debian-6.12", .door = "wake", .bus = DiskBus::kNvme}),
    name_of);

}  // namespace
}  // namespace kjump::tests
