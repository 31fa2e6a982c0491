// SPDX-License-Identifier: MIT
// Rule: a hundred jumps in two sessions of one boot, with disk and timer load around them, all come back; the
// kernel complains of nothing, nothing stays loaded, and memory does not go away. (A thousand: scripts/bench
// soak...)
#include "linux/soak.hpp"

#include <gtest/gtest.h>

namespace kjump::tests {
namespace {

TEST(Soak, AHundredJumpsWithoutAFailure) {
  const Soak result = soak("6.12", 100, KJUMP_SOAK, std::filesystem::path(KJUMP_IMAGES) / "hello_real.kjump",
                           std::chrono::seconds(300));
  EXPECT_EQ(result.failures, 0) << result.text;
}

}  // namespace
}  // namespace kjump::tests
