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

// Free pages are found by the type of their page structures. The allocator's own counters, read at the same
// instant, say the same to the page; what /proc/vmstat said before the jump may have moved: kjump has taken 2
// MiB pages to work in, its image, and its own memory, and the processors that went offline have given back
// what they had set aside.
void expect_free_pages(const nlohmann::json& pages, std::int64_t before) {
  constexpr std::int64_t kWorkspace = std::int64_t{5} * 512;  // workspace.cpp: eight buffers, and more
  constexpr std::int64_t kMoved = 3072;                       // 12 MiB
  EXPECT_EQ(pages["free"], pages["kernel_free"]) << pages;
  EXPECT_NEAR(static_cast<double>(pages["free"].get<std::int64_t>() + kWorkspace),
              static_cast<double>(before), static_cast<double>(kMoved))
      << pages;
  EXPECT_EQ(pages["all"].get<std::int64_t>(),
            pages["free"].get<std::int64_t>() + pages["zero"].get<std::int64_t>() +
                pages["data"].get<std::int64_t>() + pages["skipped"].get<std::int64_t>())
      << pages;
}

class Hibernate : public testing::TestWithParam<Shape> {};

TEST_P(Hibernate, GoesOnAfterAPowerCycle) {
  Cycle cycle(GetParam());
  const JobResult result =
      cycle.run(std::string(kWork) + "store=" + cycle.store() + "; door='" + cycle.door() + "'\n" + R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
head -c 20000000 /dev/zero >/work/zeros
remember
echo "== free"; awk '/^nr_free_pages / { print $2 }' /proc/vmstat
kjump hibernate --to $store $door --json >/tmp/report; code=$?
echo "== report"; cat /tmp/report
echo "== survived"; survived
echo "== status"; kjump hibernate status $store
exit $code
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n");
  EXPECT_THAT(section(result.out, "status"), testing::HasSubstr("done"));
  const auto pages = json_section(result.out, "report")["pages"];
  expect_free_pages(pages, std::stoll(section(result.out, "free")));
  EXPECT_GE(pages["zero"].get<std::int64_t>(), 20000000 / 4096) << "the file of zeros";
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
