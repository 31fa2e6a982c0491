// SPDX-License-Identifier: MIT
// Rule: what a save has committed a restore brings back, byte for byte; and whatever goes wrong with power,
// disk, image or machine on the way, either an image is restored whole, or memory stays what it was and the
// reason is told. Faults are injected one by one into the payloads' own code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "hibernate/hash.hpp"
#include "simulated/machine.hpp"

namespace kjump::simulated {
namespace {

using format::RestoreStatus;
using format::SaveStatus;

enum class End { kReturned, kPoweredOff, kPowerCut, kReset };

template <typename Reply>
struct Ended {
  End end = End::kReturned;
  Reply reply{};
};

Ended<format::SaveReply> save(Machine& machine) {
  try {
    return {End::kReturned, machine.save()};
  } catch (const PoweredOff&) {
    return {End::kPoweredOff, {}};
  } catch (const PowerCut&) {
    return {End::kPowerCut, {}};
  }
}

Ended<format::RestoreReply> restore(Machine& machine) {
  try {
    return {End::kReturned, machine.restore()};
  } catch (const Reset&) {
    return {End::kReset, {}};
  } catch (const PowerCut&) {
    return {End::kPowerCut, {}};
  }
}

RestoreStatus refused(Machine& machine) {
  const Machine::Memory before = machine.memory();
  const auto ended = restore(machine);
  EXPECT_EQ(ended.end, End::kReturned);
  EXPECT_FALSE(machine.became());
  EXPECT_TRUE(machine.holds(before)) << "a refusal changed memory";
  EXPECT_NE(ended.reply.error[0], '\0') << "no reason";
  EXPECT_THAT(machine.console, testing::HasSubstr(ended.reply.error));
  return static_cast<RestoreStatus>(ended.reply.status);
}

/// New work, saved, the machine switched off: what memory held.
Machine::Memory saved(Machine& machine) {
  machine.work();
  Machine::Memory memory = machine.memory();
  EXPECT_EQ(save(machine).end, End::kPoweredOff) << machine.console;
  machine.disk.lose_power(machine.chance);
  machine.forget();
  return memory;
}

std::uint8_t* block(Machine& machine, std::uint64_t number) {
  const std::uint64_t skip = number >= format::kDataBlock + 700 ? 2048 : 0;
  return machine.disk.bytes().data() + (machine.sector_of_block(number) + skip) * 512;
}

format::CommitRecord commit_of(Machine& machine, std::uint32_t slot) {
  format::CommitRecord record{};
  std::memcpy(&record, block(machine, format::kCommitBlock + slot), sizeof record);
  return record;
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

TEST(Simulated, CountsAreThoseOfTheMachine) {
  Machine machine(3);
  machine.save_request.after = static_cast<std::uint32_t>(format::AfterSave::kContinue);
  const auto ended = save(machine);
  const format::SaveReply& reply = ended.reply;
  ASSERT_EQ(ended.end, End::kReturned) << machine.console;
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

// The power goes with write number N of a save over an older image.
TEST(Simulated, PowerCutsWhileSavingLoseNoImage) {
  int cuts = 0;
  int older = 0;
  for (std::uint64_t n = 1;; ++n) {
    Machine machine(n, 12000);
    const Machine::Memory first = saved(machine);
    machine.work();
    const Machine::Memory second = machine.memory();
    machine.disk.cut_after_writes = n;
    const End end = save(machine).end;
    if (end == End::kPoweredOff) {
      EXPECT_GT(n, 12U);
      break;
    }
    ASSERT_EQ(end, End::kPowerCut) << machine.console;
    machine.disk.lose_power(machine.chance);
    machine.forget();
    ASSERT_EQ(restore(machine).end, End::kReturned) << machine.console;
    ASSERT_TRUE(machine.became()) << "write " << n << ": " << machine.console;
    const bool is_older = machine.holds(first);
    ASSERT_TRUE(is_older || machine.holds(second)) << "write " << n;
    older += is_older ? 1 : 0;
    ++cuts;
  }
  RecordProperty("cuts", cuts);
  EXPECT_GE(older, cuts - 2) << "only the commit itself may make the new one count";
}

TEST(Simulated, PowerCutsWhileRestoringLoseNoImage) {
  int cuts = 0;
  for (std::uint64_t n = 1;; ++n) {
    Machine machine(n);
    const Machine::Memory memory = saved(machine);
    machine.disk.cut_after_writes = n;
    const End end = restore(machine).end;
    if (end == End::kReturned) {
      break;
    }
    ASSERT_EQ(end, End::kPowerCut);
    machine.disk.lose_power(machine.chance);
    machine.forget();
    const auto again = restore(machine);
    // Cut while DONE was written: nobody went on, but it may be on the medium.
    const bool done = again.reply.status == static_cast<std::uint32_t>(RestoreStatus::kNoImage);
    ASSERT_TRUE(machine.became() || (done && n >= 3)) << "write " << n << ": " << machine.console;
    EXPECT_TRUE(done || machine.holds(memory));
    ++cuts;
  }
  EXPECT_GE(cuts, 3);
}

TEST(Simulated, EndlessRestoresEnd) {
  Machine machine(1);
  saved(machine);
  for (std::uint32_t i = 0; i < format::kMostAttempts; ++i) {
    machine.disk.cut_after_writes = 2;  // the first notes the attempt
    ASSERT_EQ(restore(machine).end, End::kPowerCut);
    machine.disk.make_safe();
    machine.disk.cut_after_writes = 0;
  }
  EXPECT_EQ(refused(machine), RestoreStatus::kAttempts);
}

// Every command of a save and of a restore fails once, by the device or by its silence.
TEST(Simulated, DiskErrorsAreToldAndLoseNothing) {
  int injected = 0;
  for (const disk::Code code : {disk::Code::kDevice, disk::Code::kTimeout}) {
    for (std::uint64_t n = 1;; n += n < 25 ? 1 : 9) {
      Machine machine(n, 12000);
      const Machine::Memory first = saved(machine);
      machine.work();
      const Machine::Memory second = machine.memory();
      machine.disk.failure = code;
      machine.disk.fail_after_commands = n;
      const auto ended = save(machine);
      if (ended.end == End::kPoweredOff) {
        break;
      }
      ASSERT_EQ(ended.end, End::kReturned);
      EXPECT_GE(ended.reply.status, static_cast<std::uint32_t>(SaveStatus::kRequest));
      EXPECT_NE(ended.reply.error[0], '\0');
      EXPECT_TRUE(machine.holds(second)) << "a save changed memory";
      machine.disk.make_safe();
      machine.forget();
      ASSERT_EQ(restore(machine).end, End::kReturned);
      ASSERT_TRUE(machine.became()) << "command " << n << ": " << machine.console;
      EXPECT_TRUE(machine.holds(first) || machine.holds(second));
      ++injected;
    }
  }
  RecordProperty("injected", injected);
  EXPECT_GT(injected, 40);
}

TEST(Simulated, DiskErrorsWhileRestoringLeadToAnotherTry) {
  for (std::uint64_t n = 1;; ++n) {
    Machine machine(n);
    const Machine::Memory memory = saved(machine);
    machine.disk.fail_after_commands = n;
    const auto ended = restore(machine);
    if (ended.end == End::kReturned && machine.became()) {
      EXPECT_TRUE(machine.holds(memory));
      if (machine.disk.fail_after_commands != 0) {
        break;
      }
      continue;  // a record that could not be read: nothing became of the image yet
    }
    machine.disk.make_safe();
    machine.disk.fail_after_commands = 0;
    machine.forget();
    const auto again = restore(machine);
    const bool done = again.reply.status == static_cast<std::uint32_t>(RestoreStatus::kNoImage);
    ASSERT_TRUE(machine.became() || (done && ended.end == End::kReset))
        << "command " << n << ": " << machine.console;
  }
}

TEST(Simulated, EscapeStopsASaveAndChangesNothing) {
  for (std::uint64_t look = 1;; ++look) {
    Machine machine(look, 12000);
    const Machine::Memory first = saved(machine);
    machine.work();
    const Machine::Memory second = machine.memory();
    machine.escape_after = look;
    const auto ended = save(machine);
    if (ended.end == End::kPoweredOff) {
      EXPECT_GT(look, 2U);
      break;
    }
    EXPECT_EQ(ended.reply.status, static_cast<std::uint32_t>(SaveStatus::kEscape));
    EXPECT_TRUE(machine.holds(second));
    machine.escape_after = 0;
    machine.forget();
    ASSERT_EQ(restore(machine).end, End::kReturned);
    EXPECT_TRUE(machine.became() && machine.holds(first));
  }
}

TEST(Simulated, AFullStoreIsToldAndKeepsItsImage) {
  Machine machine(5, 1300);
  const Machine::Memory first = saved(machine);
  machine.work();
  const auto ended = save(machine);
  ASSERT_EQ(ended.end, End::kReturned);
  EXPECT_EQ(ended.reply.status, static_cast<std::uint32_t>(SaveStatus::kNoRoom)) << ended.reply.error;
  machine.forget();
  ASSERT_EQ(restore(machine).end, End::kReturned);
  EXPECT_TRUE(machine.became() && machine.holds(first)) << machine.console;
}

struct Damage {
  const char* what;
  RestoreStatus expected;
  std::function<void(Machine&)> make;
};

void flip(std::uint8_t* byte) {
  *byte ^= 0x10;
}

// A field changed by somebody who also mended the hashes.
void edit_header(Machine& machine, const std::function<void(format::ImageHeader&)>& edit) {
  format::CommitRecord commit = commit_of(machine, 0);
  auto* at = block(machine, commit.first_block);
  auto& header = *reinterpret_cast<format::ImageHeader*>(at);
  edit(header);
  header.hash = hibernate::own_hash(header);
  commit.header_hash = hibernate::hash_of(at, format::kImageHeaderBytes);
  commit.hash = hibernate::own_hash(commit);
  std::memcpy(block(machine, format::kCommitBlock), &commit, sizeof commit);
}

TEST(Simulated, WhatDoesNotFitIsRefusedWithItsReason) {
  using Header = format::ImageHeader;
  const auto header = [](auto edit) { return [edit](Machine& machine) { edit_header(machine, edit); }; };
  const Damage damages[] = {
      {"commit record", RestoreStatus::kNoImage,
       [](Machine& m) { flip(block(m, format::kCommitBlock) + 40); }},
      {"store header", RestoreStatus::kNoDisk, [](Machine& m) { flip(block(m, 0) + 20); }},
      {"extents", RestoreStatus::kNoDisk, [](Machine& m) { flip(block(m, 1) + 20); }},
      {"version of the format", RestoreStatus::kHeader, header([](Header& h) { h.version = 2; })},
      {"more chunks", RestoreStatus::kHeader, header([](Header& h) { ++h.chunks; })},
      {"fewer pages", RestoreStatus::kHeader, header([](Header& h) { --h.pages; })},
      {"ranges that overlap", RestoreStatus::kHeader,
       header([](Header& h) { h.ranges[1].start = h.ranges[0].start; })},
      {"too many ranges", RestoreStatus::kHeader, header([](Header& h) { h.range_count = 65; })},
      {"too many fingerprints", RestoreStatus::kHeader, header([](Header& h) { h.fingerprint_count = 65; })},
      {"no workspace", RestoreStatus::kHeader, header([](Header& h) { h.workspace_pages = 0; })},
      {"unknown door", RestoreStatus::kHeader, header([](Header& h) { h.entry.door = 9; })},
      {"content size", RestoreStatus::kHeader, header([](Header& h) { ++h.content_blocks; })},
      {"data pages", RestoreStatus::kTables, header([](Header& h) { ++h.data_pages; })},
      {"tables' hash", RestoreStatus::kTables, header([](Header& h) { ++h.table_hash; })},
      {"memory map", RestoreStatus::kMemoryMap, header([](Header& h) { h.machine.map[0].end += 4096; })},
      {"another memory size", RestoreStatus::kMemoryMap, [](Machine& m) { ++m.restore_request.map_count; }},
      {"ACPI root", RestoreStatus::kAcpi, header([](Header& h) { h.machine.rsdp = 0xF0000; })},
      {"ACPI tables", RestoreStatus::kAcpi, header([](Header& h) { ++h.machine.tables_hash; })},
      {"hardware signature", RestoreStatus::kAcpi, header([](Header& h) { ++h.machine.hardware_signature; })},
      {"processor vendor", RestoreStatus::kProcessor, header([](Header& h) { ++h.machine.cpu_vendor[0]; })},
      {"processor features", RestoreStatus::kProcessor,
       header([](Header& h) { h.machine.cpu_features[7] = 0xFFFFFFFF; })},
      {"file system", RestoreStatus::kFileSystem,
       [](Machine& m) { flip(m.disk.bytes().data() + 64 * 512 + 56); }},
      {"last byte of a file system", RestoreStatus::kFileSystem,
       [](Machine& m) { flip(m.disk.bytes().data() + 80 * 512 - 1); }},
      {"wrong store asked for", RestoreStatus::kNoDisk,
       [](Machine& m) { m.restore_request.store.bytes[3] = 1; }},
      {"unknown generation", RestoreStatus::kNoImage, [](Machine& m) { m.restore_request.generation = 77; }},
      {"request", RestoreStatus::kRequest, [](Machine& m) { ++m.restore_request.version; }},
  };
  for (const Damage& damage : damages) {
    Machine machine(11);
    const Machine::Memory memory = saved(machine);
    const auto request = machine.restore_request;
    const std::vector<std::uint8_t> before(machine.disk.bytes().begin(), machine.disk.bytes().end());
    damage.make(machine);
    EXPECT_EQ(refused(machine), damage.expected) << damage.what << ": " << machine.console;
    // Mended, it is as good as before.
    machine.restore_request = request;
    std::copy(before.begin(), before.end(), machine.disk.bytes().begin());
    EXPECT_EQ(restore(machine).end, End::kReturned);
    EXPECT_TRUE(machine.became() && machine.holds(memory)) << damage.what << ": " << machine.console;
  }
}

// Straight after firmware that memory is nobody's yet; on Linux the session's own would have been used.
TEST(Simulated, AnImageThatClaimsItsOwnWorkspaceIsRefused) {
  Machine machine(19);
  saved(machine);
  edit_header(machine, [](format::ImageHeader& header) { header.workspace[1] = header.ranges[0].start; });
  EXPECT_EQ(restore(machine).reply.status, static_cast<std::uint32_t>(RestoreStatus::kTables));
  EXPECT_FALSE(machine.became());
}

// Content and tables, everywhere: found before the first byte of memory is overwritten.
TEST(Simulated, FlippedBitsAreFoundBeforeMemoryChanges) {
  Machine machine(13);
  const Machine::Memory memory = saved(machine);
  const format::CommitRecord commit = commit_of(machine, 0);
  const std::vector<std::uint8_t> disk(machine.disk.bytes().begin(), machine.disk.bytes().end());
  int found = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t index = i < 8 ? static_cast<std::uint64_t>(i) % 4 : machine.chance() % commit.blocks;
    flip(block(machine, commit.first_block + index) + machine.chance() % format::kBlockBytes);
    machine.forget();
    const auto before = machine.memory();
    const auto ended = restore(machine);
    if (machine.became()) {  // it hit what rounds a batch up to a block
      EXPECT_TRUE(machine.holds(memory)) << "block " << index;
    } else {
      EXPECT_TRUE(machine.holds(before)) << "block " << index;
      EXPECT_NE(ended.reply.error[0], '\0');
      ++found;
    }
    std::copy(disk.begin(), disk.end(), machine.disk.bytes().begin());
  }
  EXPECT_GT(found, 80);
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

// A ring: the third image begins where the second ends, and goes on at the beginning.
TEST(Simulated, ImagesGoRound) {
  constexpr std::uint64_t kBlocks = 3000;
  Machine machine(23, kBlocks);
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

TEST(Simulated, AnotherDiskIsNotWrittenTo) {
  Machine machine(17);
  flip(block(machine, format::kCanaryBlock));
  const auto ended = save(machine);
  EXPECT_EQ(ended.reply.status, static_cast<std::uint32_t>(SaveStatus::kCanary));
  EXPECT_EQ(machine.disk.writes, 0U);
}

}  // namespace
}  // namespace kjump::simulated
