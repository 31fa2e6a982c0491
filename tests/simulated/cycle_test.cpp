// SPDX-License-Identifier: MIT
// Rule: what a save has committed a restore brings back, byte for byte, cycle after cycle. What goes wrong on
// the way is injected by faults.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/slots.hpp>

#include "simulated/runs.hpp"

namespace kjump::simulated {
namespace {

using format::RestoreStatus;
using format::SaveStatus;

RestoreStatus refused(Machine& machine) {
  const Machine::Memory before = machine.memory();
  const auto how = restore(machine);
  EXPECT_EQ(how.end, End::kReturned);
  EXPECT_FALSE(machine.became());
  EXPECT_TRUE(machine.holds(before)) << "a refusal changed memory";
  EXPECT_NE(how.reply.error[0], '\0') << "no reason";
  EXPECT_THAT(machine.console, testing::HasSubstr(how.reply.error));
  return static_cast<RestoreStatus>(how.reply.status);
}

TEST(Simulated, WhatWasSavedComesBack) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Machine machine(seed);
    for (int cycle = 0; cycle < 3; ++cycle) {
      const Machine::Memory memory = saved(machine);
      ASSERT_EQ(restore(machine).end, End::kReturned) << machine.console;
      ASSERT_TRUE(machine.became()) << machine.console;
      EXPECT_TRUE(machine.holds(memory)) << "seed " << seed << ", cycle " << cycle;
      machine.became_ = false;
      EXPECT_EQ(refused(machine), RestoreStatus::kNoImage) << "the same image twice";
    }
  }
}

// Its own memory may be what the image overwrites: it goes over to what the saved machine does without.
TEST(Simulated, ARestoreFromAnotherLinuxLeavesTheMemoryThatItWasLent) {
  for (std::uint64_t seed = 31; seed < 35; ++seed) {
    Machine machine(seed);
    const Machine::Memory memory = saved(machine);
    machine.lend_of_what_is_saved();
    ASSERT_EQ(restore(machine).end, End::kReturned) << machine.console;
    ASSERT_TRUE(machine.became()) << machine.console;
    EXPECT_TRUE(machine.holds(memory)) << "seed " << seed;
  }
}

TEST(Simulated, CountsAreThoseOfTheMachine) {
  Machine machine(3);
  machine.save_request.after = static_cast<std::uint32_t>(format::AfterSave::kContinue);
  const auto how = save(machine);
  const format::SaveReply& reply = how.reply;
  ASSERT_EQ(how.end, End::kReturned) << machine.console;
  EXPECT_EQ(reply.status, static_cast<std::uint32_t>(SaveStatus::kSaved)) << reply.error;
  const auto count = [&machine](Content kind) {
    return static_cast<std::uint64_t>(std::count(machine.kinds().begin(), machine.kinds().end(), kind));
  };
  EXPECT_EQ(reply.free_pages, count(Content::kFree));
  EXPECT_EQ(reply.kernel_free_pages, reply.free_pages);
  EXPECT_EQ(reply.pages, machine.kinds().size());
  EXPECT_EQ(reply.data_pages + reply.zero_pages + reply.free_pages + reply.skipped_pages, reply.pages);
  EXPECT_EQ(refused(machine), RestoreStatus::kNoImage) << "a snapshot is restored on demand only";
  machine.restore_request.generation = reply.generation;
  ASSERT_EQ(restore(machine).end, End::kReturned);
  EXPECT_TRUE(machine.became()) << machine.console;
}

// What the kernel does not count as free may be in use, whatever its page structure looks like.
TEST(Simulated, MoreFreePagesThanTheKernelCountsAreNotBelieved) {
  Machine machine(5);
  machine.save_request.after = static_cast<std::uint32_t>(format::AfterSave::kContinue);
  --*machine.free_count;
  const auto refused = save(machine);
  EXPECT_EQ(refused.reply.status, static_cast<std::uint32_t>(SaveStatus::kKernel));
  *machine.free_count += 2;  // fewer are only more to save
  EXPECT_EQ(save(machine).reply.status, static_cast<std::uint32_t>(SaveStatus::kSaved));
}

// hibernation.md H16: such a kernel hands out free pages without clearing them again.
TEST(Simulated, FreePagesAreAsTheKernelExpectsThem) {
  for (const auto fill : {format::FreeFill::kZero, format::FreeFill::kPoison}) {
    Machine machine(29);
    machine.save_request.facts.free_fill = static_cast<std::uint32_t>(fill);
    machine.work();
    const std::uint8_t wanted = fill == format::FreeFill::kZero ? 0 : 0xAA;
    machine.fill_free_pages(wanted);
    ASSERT_EQ(save(machine).end, End::kPoweredOff) << machine.console;
    machine.forget();
    ASSERT_EQ(restore(machine).end, End::kReturned);
    ASSERT_TRUE(machine.became()) << machine.console;
    EXPECT_TRUE(machine.free_pages_hold(wanted));
  }
}

// A disk that is never busy gets pages as they are, as long as half of the store is left.
TEST(Simulated, CompressesForASlowDiskOrASmallStoreOnly) {
  constexpr std::uint64_t kSmall = 1600;  // its half holds no image that is not compressed
  constexpr std::uint64_t kLarge = 6000;
  for (const bool small : {false, true}) {
    Machine shaped(43, {.store_blocks = small ? kSmall : kLarge});
    shaped.save_request.flags = 0;
    const Machine::Memory memory = shaped.memory();
    shaped.save_request.after = static_cast<std::uint32_t>(format::AfterSave::kContinue);
    const format::SaveReply reply = save(shaped).reply;
    ASSERT_EQ(reply.status, static_cast<std::uint32_t>(SaveStatus::kSaved)) << reply.error;
    const std::uint64_t data = reply.data_pages * 4096;
    EXPECT_GT(data, kSmall / 2 * 4096) << "the test's own";
    EXPECT_EQ(reply.stored_bytes == data, !small) << reply.stored_bytes << " of " << data;
    shaped.forget();
    shaped.restore_request.generation = reply.generation;
    ASSERT_EQ(restore(shaped).end, End::kReturned) << shaped.console;
    EXPECT_TRUE(shaped.became()) << shaped.console;
    EXPECT_TRUE(shaped.holds(memory));
  }
}

// A ring: the third image begins where the second ends, and goes on at the beginning.
TEST(Simulated, ImagesGoRound) {
  constexpr std::uint64_t kBlocks = 3000;
  Machine machine(23, {.store_blocks = kBlocks});
  Machine::Memory memory;
  int around = 0;
  for (std::uint32_t i = 0; i < 7; ++i) {
    memory = saved(machine);
    const format::CommitRecord commit = commit_of(machine, i % 2);
    around += commit.first_block + commit.blocks > kBlocks ? 1 : 0;
  }
  EXPECT_GT(around, 0) << "the test's own: no image crossed the end";
  ASSERT_EQ(restore(machine).end, End::kReturned);
  EXPECT_TRUE(machine.became() && machine.holds(memory)) << machine.console;
}

}  // namespace
}  // namespace kjump::simulated
