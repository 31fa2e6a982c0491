// SPDX-License-Identifier: MIT
// Rule: files are read as a whole whatever their size, and facts once while they are kept.
#include <gtest/gtest.h>

#include "unit/host_machine.hpp"

namespace kjump {
namespace {

constexpr const char* kFile = "/proc/fact";

TEST(HostSystem, ReadsFilesOfEverySize) {
  const test::FakeMachine machine;
  for (const std::size_t bytes : {0U, 1U, 511U, 512U, 513U, 1536U, 300'000U}) {
    std::string content;
    while (content.size() < bytes) {
      content += static_cast<char>('a' + content.size() % 23);
    }
    machine.put(kFile, content);
    EXPECT_EQ(machine.read_file(kFile).value(), content);
    if (bytes > 2) {
      EXPECT_EQ(machine.read_at(kFile, 2, bytes - 2).value(), content.substr(2));
    }
    EXPECT_FALSE(machine.read_at(kFile, 0, bytes + 1)) << "the file ends early";
  }
}

TEST(HostSystem, FactsAreReadOnceWhileTheyAreKept) {
  const test::FakeMachine machine;
  machine.put(kFile, "before");
  {
    const FactsKept facts(machine);
    EXPECT_EQ(machine.read_fact(kFile), "before");
    EXPECT_FALSE(machine.read_fact("/proc/none"));
    machine.put(kFile, "after");
    machine.put("/proc/none", "now there");
    EXPECT_EQ(machine.read_fact(kFile), "before");
    EXPECT_FALSE(machine.read_fact("/proc/none")) << "failures are kept too";
    EXPECT_EQ(machine.read_file(kFile), "after") << "what may change is read anew";
  }
  EXPECT_EQ(machine.read_fact(kFile), "after");
}

}  // namespace
}  // namespace kjump
