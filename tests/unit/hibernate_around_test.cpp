// SPDX-License-Identifier: MIT
// Rule: around the jump, hooks are called in order and undone when one fails, the clock is set only when it
// is wrong, the pool of huge pages becomes what it was, and every bad end of a payload is an error with a
// cure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/save.hpp>

#include "hibernate/after_restore.hpp"
#include "hibernate/hibernation.hpp"
#include "hibernate/hooks.hpp"
#include "hibernate/workspace.hpp"
#include "host/huge_pages.hpp"
#include "unit/host_machine.hpp"

namespace kjump::test {
namespace {

using abi::hibernate::SaveReply;
using abi::hibernate::SaveStatus;

class HookedMachine : public FakeMachine {
 public:
  std::vector<std::string> ran;
  int status_of_second = 0;
  std::uint64_t wall = 1'000'000;
  std::vector<std::uint8_t> entropy;

  Result<int> run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& variables) override {
    ran.push_back(program.substr(program.rfind('/') + 1) + " " + arguments.at(0) + " " + variables.back());
    return program.ends_with("20-second") ? status_of_second : 0;
  }
  int add_entropy(std::span<const std::uint8_t> bytes) override {
    entropy.assign(bytes.begin(), bytes.end());
    return 0;
  }
  std::uint64_t wall_seconds() const override { return wall; }
  int set_wall_seconds(std::uint64_t seconds) override {
    wall = seconds;
    return 0;
  }
};

TEST(HibernateHooks, BeforeAndAfterInOrder) {
  HookedMachine machine;
  for (const char* name : {"30-third", "10-first", "20-second", "10-first.dpkg-old"}) {
    machine.put(std::string(hibernate::kHookDirectory) + "/" + name, "");
  }
  hibernate::Hooks hooks(machine, "/dev/vda1");
  EXPECT_TRUE(hooks.pre());
  EXPECT_TRUE(hooks.post("restored").empty());
  EXPECT_THAT(machine.ran, testing::ElementsAre("10-first pre KJUMP_HIBERNATE_PHASE=pre",
                                                "20-second pre KJUMP_HIBERNATE_PHASE=pre",
                                                "30-third pre KJUMP_HIBERNATE_PHASE=pre",
                                                "10-first post KJUMP_HIBERNATE_RESULT=restored",
                                                "20-second post KJUMP_HIBERNATE_RESULT=restored",
                                                "30-third post KJUMP_HIBERNATE_RESULT=restored"));
}

TEST(HibernateHooks, AFailureEndsIt) {
  HookedMachine machine;
  machine.status_of_second = 3;
  for (const char* name : {"30-third", "10-first", "20-second"}) {
    machine.put(std::string(hibernate::kHookDirectory) + "/" + name, "");
  }
  hibernate::Hooks hooks(machine, "/dev/vda1");
  const auto ready = hooks.pre();
  ASSERT_FALSE(ready);
  EXPECT_NE(ready.error().text().find("20-second"), std::string::npos);
  EXPECT_EQ(hooks.post("failed").size(), 1U) << "the third was never called";
  EXPECT_EQ(machine.ran.size(), 4U);
}

TEST(AfterRestore, TheClockIsSetOnlyWhenItIsWrong) {
  HookedMachine machine;
  machine.put("/sys/class/rtc/rtc0/since_epoch", "1007200\n");  // local time, two hours ahead
  const auto offset = hibernate::ClockOffset::read(machine);
  machine.wall = 1'000'100;
  machine.put("/sys/class/rtc/rtc0/since_epoch", "1007301\n");
  EXPECT_EQ(offset.set_right(machine), "");
  EXPECT_EQ(machine.wall, 1'000'100U);
  machine.put("/sys/class/rtc/rtc0/since_epoch",
              "1010800\n");  // an hour has passed, the kernel has not seen it
  EXPECT_EQ(offset.set_right(machine), "set the clock, which was 3500 s behind");
  EXPECT_EQ(machine.wall, 1'003'600U);
  machine.remove("/sys/class/rtc/rtc0");
  EXPECT_EQ(offset.set_right(machine), "") << "without a clock there is nothing to go by";
}

TEST(HugePool, GrowsAndBecomesWhatItWas) {
  const std::string pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
  FakeMachine machine;
  EXPECT_FALSE(HugePages::add(machine, 4)) << "no huge pages in this kernel";
  machine.put(pool, "3\n");
  std::uint64_t most = 100;
  machine.on_write = [&](const std::string& file, const std::string& text) {
    if (file == pool) {
      machine.put(pool, std::to_string(std::min<std::uint64_t>(std::stoull(text), most)) + "\n");
    }
    return 0;
  };
  {
    const auto pages = HugePages::add(machine, 4);
    ASSERT_TRUE(pages) << pages.error().text();
    EXPECT_EQ(machine.read_line(pool), "7");
  }
  EXPECT_EQ(machine.read_line(pool), "3");
  most = 5;
  const auto too_many = HugePages::add(machine, 4);
  ASSERT_FALSE(too_many);
  EXPECT_NE(too_many.error().what.find("only 2"), std::string::npos) << too_many.error().text();
  EXPECT_EQ(machine.read_line(pool), "3");
  EXPECT_EQ(machine.count("compact_memory=1"), 3) << "tries, the first time that there are too few";
}

TEST(Workspace, GrowsWithMemory) {
  constexpr std::uint64_t kPagesOfGib = 262144;
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
  EXPECT_EQ(hibernate::workspace_bytes(1, 4) / kMib, 4U);
  EXPECT_EQ(hibernate::workspace_bytes(kPagesOfGib, 4) / kMib, 4U);
  EXPECT_EQ(hibernate::workspace_bytes(64 * kPagesOfGib, 4) / kMib, 16U);
  EXPECT_LT(hibernate::workspace_bytes(4096 * kPagesOfGib, 8) / kMib, 1024U) << "the most a session pins";
}

TEST(Workspace, IsOfLargePagesWhereThereAreSomeAndNeverOfTheLastOnes) {
  FakeMachine machine;
  machine.put("/proc/sys/vm/min_free_kbytes", "3000\n");
  const auto take = [&](const char* free, std::uint64_t large, std::vector<BulkPages>& tries) {
    machine.put("/proc/meminfo", free);
    return hibernate::take_workspace(machine, 65536, [&](std::uint64_t bytes, BulkPages pages) {
      tries.push_back(pages);
      return pages == BulkPages::kAny || bytes <= large ? Result<void>()
                                                        : fail(ErrorCode::kLimit, "no such pages", "test");
    });
  };
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
  std::vector<BulkPages> tries;
  EXPECT_EQ(*take("MemFree: 20000 kB", 64 * kMib, tries), "");
  EXPECT_EQ(tries.size(), 1U);
  EXPECT_NE(take("MemFree: 20000 kB", 7 * kMib, tries)->find("6 MiB of buffers"), std::string::npos);
  tries.clear();
  EXPECT_NE(take("MemFree: 20000 kB", 0, tries)->find("single pages"), std::string::npos);
  EXPECT_EQ(tries.back(), BulkPages::kAny);
  tries.clear();
  EXPECT_FALSE(take("MemFree: 9000 kB", 0, tries)) << "the kernel would end a program";
  EXPECT_EQ(tries.back(), BulkPages::kLarge);
}

TEST(Hibernation, EveryBadEndIsAnError) {
  const auto end = [](SaveStatus status, const char* said) {
    SaveReply reply{};
    reply.status = static_cast<std::uint32_t>(status);
    std::string(said).copy(reply.error, sizeof(reply.error) - 1);
    return hibernate::save_failure(reply, "/dev/vda1");
  };
  for (const SaveStatus fine :
       {SaveStatus::kSaved, SaveStatus::kRestored, SaveStatus::kRehearsed, SaveStatus::kWoken}) {
    EXPECT_TRUE(end(fine, ""));
  }
  for (std::uint32_t status = 10; status < 30; ++status) {
    const auto bad = end(static_cast<SaveStatus>(status), "the disk does not answer");
    ASSERT_FALSE(bad);
    EXPECT_FALSE(bad.error().hint.empty());
  }
  EXPECT_NE(end(SaveStatus::kDisk, "").error().what.find("status 13"), std::string::npos);
  EXPECT_NE(end(SaveStatus::kPowerOff, "x").error().what.find("is committed"), std::string::npos);
  SaveReply endless{};
  endless.status = 13;
  std::fill(std::begin(endless.error), std::end(endless.error), 'x');
  EXPECT_EQ(hibernate::save_failure(endless, "").error().what.size(), sizeof(endless.error));
}

}  // namespace
}  // namespace kjump::test
