// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdlib>

int main(int argc, char** argv) {
  // The program of this build goes into the guests, unless the caller wants another one.
  ::setenv("KJUMP_AGENT", KJUMP_PROGRAM, 0);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
