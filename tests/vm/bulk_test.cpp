// SPDX-License-Identifier: MIT
// Rule: a request and a reply of any size pass through memory beside the exchange, whole, in both modes that
// can.
#include <vector>

#include "vm/run.hpp"

namespace kjump::tests {
namespace {

constexpr std::size_t kBytes = 5'000'001;

RunRequest make_request() {
  RunRequest request;
  for (std::size_t i = 0; i < kBytes; ++i) {
    request.bulk_request.push_back(static_cast<std::byte>(i * 7 / 3));
  }
  request.bulk_reply_room = kBytes;
  request.request = {std::byte{'+'}};
  return request;
}

class Bulk : public testing::TestWithParam<const char*> {};

TEST_P(Bulk, ComesBackWhole) {
  const RunRequest request = make_request();
  const auto report = make_vm_target({})->run(image_of(GetParam()), request);
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_EQ(report->jumps.size(), 1U);
  EXPECT_EQ(report->jumps[0].outcome, abi::Outcome::kReturned);
  EXPECT_EQ(report->jumps[0].status, 0U);
  ASSERT_EQ(report->bulk_reply.size(), kBytes);
  for (std::size_t i = 0; i < kBytes; ++i) {
    ASSERT_EQ(report->bulk_reply[i],
              static_cast<std::byte>(std::to_integer<int>(request.bulk_request[i]) + 1))
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Bulk, testing::Values("test_bulk_physical", "test_bulk_long"),
                         [](const auto& mode) { return std::string(mode.param + sizeof "test_bulk_" - 1); });

TEST(BulkRefused, WhereItCannotBe) {
  const auto too_large = make_vm_target({})->run(image_of("test_bulk_long"), [] {
    RunRequest request;
    request.bulk_reply_room = std::uint64_t{300} << 20;
    return request;
  }());
  ASSERT_FALSE(too_large);
  EXPECT_NE(too_large.error().hint.find("--memory"), std::string::npos);
  EXPECT_FALSE(make_vm_target({})->run(image_of("test_real_faults"), make_request()));
}

}  // namespace
}  // namespace kjump::tests
