// SPDX-License-Identifier: MIT
// Rule: the Multiboot program's command line changes the request where a word of it makes sense, and only
// there.
#include <gtest/gtest.h>

#include <string>

#include <kjump/abi/hibernate/restore.hpp>

#include "../stubs/multiboot/command_line.hpp"

namespace kjump::test {
namespace {

using abi::hibernate::RestoreRequest;

RestoreRequest after_command_line(const std::string& text) {
  multiboot::CommandLine line;
  line.take(text.c_str());
  RestoreRequest request{};
  request.header_sector = 7;
  line.apply(request);
  return request;
}

TEST(BootCommandLine, IsRead) {
  const RestoreRequest request = after_command_line(
      "/boot/restore.bin kjump.store=ABcdef01-2345-6789-abcd-ef0123456789  kjump.fast kjump.sector=2048 "
      "kjump.generation=12");
  EXPECT_EQ(request.store.bytes[0], 0xAB);
  EXPECT_EQ(request.store.bytes[15], 0x89);
  EXPECT_EQ(request.flags, abi::hibernate::kRestoreFast);
  EXPECT_EQ(request.header_sector, 2048U);
  EXPECT_EQ(request.generation, 12U);
}

TEST(BootCommandLine, IgnoresWhatMakesNoSense) {
  for (const char* text : {"", "kjump.faster", "xkjump.fast", "kjump.store=12", "kjump.store=",
                           "kjump.sector=x", "kjump.sector=", "kjump.sector=99999999999999999999999",
                           "kjump.store=ABcdef01-2345-6789-abcd-ef0123456789a"}) {
    const RestoreRequest request = after_command_line(text);
    EXPECT_EQ(request.flags, 0U) << text;
    EXPECT_EQ(request.header_sector, 7U) << text;
    EXPECT_EQ(request.store.bytes[0], 0) << text;
  }
}

TEST(BootCommandLine, LosesWhatIsTooLongAtAWord) {
  const std::string filler(multiboot::kMostCharacters - 5, 'x');
  EXPECT_EQ(after_command_line(filler + " kjump.fast").flags, 0U);
  EXPECT_EQ(after_command_line("kjump.fast " + filler).flags, abi::hibernate::kRestoreFast);
}

}  // namespace
}  // namespace kjump::test
