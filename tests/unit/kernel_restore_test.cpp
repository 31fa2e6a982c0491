// SPDX-License-Identifier: MIT
// Rule: a dump is restored only where all that must fit does; each thing that does not is named. A series of
// snapshots whose index is damaged is not believed.
#include <cstring>
#include <functional>

#include <gmock/gmock.h>
#include <kjump/abi/processor.hpp>

#include "dump_parts.hpp"
#include "hibernate/hash.hpp"
#include "kernel/dump.hpp"
#include "kernel/left_out.hpp"
#include "kernel/machine_facts.hpp"
#include "kernel/restore.hpp"
#include "kernel/snapshot_store.hpp"

namespace kjump::tests {
namespace {

using namespace two_kernels;
using abi::two_kernels::HandOff;
using abi::two_kernels::MachineFacts;
using testing::HasSubstr;
using testing::IsEmpty;

namespace format = abi::two_kernels;

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

MachineFacts machine() {
  MachineFacts facts{};
  facts.processors = 1;
  facts.ranges = 2;
  facts.map[0] = {0, 0x9F000, 1};
  facts.map[1] = {kMib, 512 * kMib, 1};
  facts.map_hash = 7;
  facts.cpu_signature = 0x663;
  facts.cpu_features[3] = 1U << 16;
  return facts;
}

/// What A left; B was in 32 MiB at 128 MiB.
HandOff page_of_a() {
  HandOff page{};
  page.magic = format::kMagic;
  page.version = format::kVersion;
  page.bytes = sizeof page;
  page.id = 5;
  page.memory_base = 128 * kMib;
  page.memory_bytes = 32 * kMib;
  page.machine = machine();
  page.machine.processors = 2;
  format::KernelRecord& record = page.kernels[0];
  record.presence = static_cast<std::uint32_t>(format::Presence::kWaits);
  std::strncpy(record.release, "6.12.1", sizeof record.release - 1);
  record.entry.return_address = 2 * kMib + 0x123;
  record.entry.door = static_cast<std::uint8_t>(abi::Door::kKexec);
  record.entry.efer = abi::kEferLongModeActive;
  return page;
}

RestorePlace place() {
  RestorePlace place;
  place.page = page_of_a();
  place.page.machine = machine();
  place.page.id = 6;
  return place;
}

struct Parts {
  std::vector<ElfPart> memory = {{format::kHandOffBase, 1, 1}, {2 * kMib, 16, 16}, {0x9'0000, 2, 2}};
  std::string info = kDumpInfo;
};

std::string why_not(const HandOff& page, const RestorePlace& place, const Parts& parts = {}) {
  DumpBytes bytes = make_elf_dump(parts.memory, dump_notes(parts.info));
  if (!parts.memory.empty() && parts.memory.front().physical == format::kHandOffBase) {
    std::uint64_t pages = 0;
    for (const ElfPart& part : parts.memory) {
      pages += part.there;
    }
    std::memcpy(bytes.data() + (bytes.size() - pages * kDumpPage), &page, sizeof page);
  }
  auto dump = open_dump(memory_dump_source(bytes, "test"));
  EXPECT_TRUE(dump) << dump.error().text();
  const auto plan = plan_restore(**dump, place);
  if (plan) {
    EXPECT_EQ(plan->pieces.size(), parts.memory.size() - 1);  // all but the page
    return {};
  }
  return plan.error().text();
}

TEST(RestorePlan, WhatFitsIsRestored) {
  EXPECT_THAT(why_not(page_of_a(), place()), IsEmpty());
  RestorePlace smaller = place();
  smaller.page.memory_base += 2 * kMib;
  smaller.page.memory_bytes -= 2 * kMib;
  EXPECT_THAT(why_not(page_of_a(), smaller), IsEmpty());
}

TEST(RestorePlan, EachMismatchIsNamed) {
  const auto with_place = [](const std::function<void(RestorePlace&)>& change) {
    RestorePlace changed = place();
    change(changed);
    return why_not(page_of_a(), changed);
  };
  EXPECT_THAT(with_place([](RestorePlace& p) {
                p.page.machine.map[1].end = 256 * kMib;
                p.page.machine.map_hash = 8;
              }),
              HasSubstr("memory map has no 0x100000-0x20000000 of type 1"));
  EXPECT_THAT(with_place([](RestorePlace& p) { p.page.machine.cpu_features[3] = 0; }),
              HasSubstr("five levels of page tables"));
  EXPECT_THAT(with_place([](RestorePlace& p) { p.page.machine.cpu_signature = 1; }), HasSubstr("it was a"));
  EXPECT_THAT(with_place([](RestorePlace& p) { p.page.memory_base += 4 * kMib; }),
              HasSubstr("its second kernel lay in 32 MiB at 0x8000000"));
  EXPECT_THAT(with_place([](RestorePlace& p) { p.processors = 2; }),
              HasSubstr("this kernel has 2 processors"));
  EXPECT_THAT(with_place([](RestorePlace& p) { p.page.machine.processors = 4; }),
              HasSubstr("the kernel that started this one has 4"));
  const std::string several = with_place([](RestorePlace& p) {
    p.processors = 2;
    p.page.machine.cpu_signature = 1;
  });
  EXPECT_THAT(several, testing::AllOf(HasSubstr("it was a"), HasSubstr("has 2 processors")));
}

TEST(RestorePlan, ADumpThatIsNotOfAPairIsRefused) {
  HandOff page = page_of_a();
  page.kernels[0].presence = static_cast<std::uint32_t>(format::Presence::kRuns);
  EXPECT_THAT(why_not(page, place()), HasSubstr("no kernel waits in the dump"));
  page = page_of_a();
  page.version = format::kVersion + 1;
  EXPECT_THAT(why_not(page, place()), HasSubstr("another version of kjump"));
  EXPECT_THAT(why_not(page_of_a(), place(), {.memory = {{2 * kMib, 16, 16}}}), HasSubstr("hand-off page"));
  EXPECT_THAT(why_not(page_of_a(), place(), {.info = "OSRELEASE=6.1.0\nPAGESIZE=4096\n"}),
              HasSubstr("the dump is of kernel 6.1.0, but 6.12.1 waits in it"));
  page = page_of_a();
  page.kernels[0].entry.return_address = 3 * kMib;
  EXPECT_THAT(why_not(page, place()), HasSubstr("0x300000, is not in the dump"));
  page = page_of_a();
  page.vmcoreinfo_base = 2 * kMib + 64;
  page.vmcoreinfo_bytes = 512;
  EXPECT_THAT(why_not(page, place()), HasSubstr("VMCOREINFO is not that of the kernel in it"));
}

TEST(RestorePlan, NothingButWhatIsNobodysIsWritten) {
  Parts parts;
  parts.memory.push_back({130 * kMib, 1, 1});
  EXPECT_THAT(why_not(page_of_a(), place(), parts), HasSubstr("is where this kernel itself is"));
  parts.memory.back() = {0x4'0000, 1, 1};
  EXPECT_THAT(why_not(page_of_a(), place(), parts), HasSubstr("is where this kernel itself is"));
  parts.memory.back() = {512 * kMib, 1, 1};
  EXPECT_THAT(why_not(page_of_a(), place(), parts), HasSubstr("is no RAM of this machine"));
}

// What A had where B was lies in A's source pages as well; there it is B's place, and here C's.
TEST(RestorePlan, WhereTheSecondKernelWasSwappedInNothingIsWritten) {
  HandOff page = page_of_a();
  page.place = static_cast<std::uint32_t>(format::Place::kSwapped);
  page.memory_bytes = 2 * kMib;
  RestorePlace here = place();
  here.page.memory_bytes = 2 * kMib;
  DumpBytes bytes = make_elf_dump(
      {{format::kHandOffBase, 1, 1}, {2 * kMib, 16, 16}, {127 * kMib, 1024, 1024}}, dump_notes(kDumpInfo));
  std::memcpy(bytes.data() + (bytes.size() - (1 + 16 + 1024) * kDumpPage), &page, sizeof page);
  auto dump = open_dump(memory_dump_source(bytes, "test"));
  ASSERT_TRUE(dump) << dump.error().text();
  const auto plan = plan_restore(**dump, here);
  ASSERT_TRUE(plan) << plan.error().text();
  ASSERT_EQ(plan->pieces.size(), 3U);
  EXPECT_EQ(plan->pieces[1].end(), 128 * kMib);
  EXPECT_EQ(plan->pieces[2].base, 130 * kMib);
}

/// Pages from frame 0 on: F, C, P, U and K are there, of these kinds; f, c, p, u and k were left out. A digit
/// repeats the letter before it 100 times so often.
bool goes_on(const std::string& pages) {
  const std::string kLetters = "FCPUK";
  LeftOutPages all;
  std::uint64_t frame = 0;
  char letter = 0;
  for (const char c : pages) {
    const bool repeat = c >= '0' && c <= '9';
    letter = repeat ? letter : c;
    const char upper = static_cast<char>(letter & ~0x20);
    for (int i = repeat ? 100 * (c - '0') : 1; i > 0; --i) {
      all.add(frame++, static_cast<PageKind>(kLetters.find(upper)), letter == upper);
    }
  }
  return static_cast<bool>(all.judge("test"));
}

TEST(LeftOut, WhatIsMissingWasZeroWhereItsNeighboursWereKept) {
  EXPECT_TRUE(goes_on("KUCP")) << "nothing is missing";
  EXPECT_TRUE(goes_on("Kf9K")) << "free pages";
  EXPECT_TRUE(goes_on("Kf3k3K")) << "the kernel's zeros";
  EXPECT_FALSE(goes_on("Kf3u1K")) << "between pages of the kernel";
  EXPECT_FALSE(goes_on("U9Kf3u1K")) << "kept, but in a run that is too short to be left out";
  EXPECT_TRUE(goes_on("Kf3u1U")) << "kept right behind a run";
  EXPECT_TRUE(goes_on("Uf3u1K")) << "kept right before one";
  EXPECT_FALSE(goes_on("Uf2K1Kf3u1K")) << "what is behind a short run says nothing";
  EXPECT_FALSE(goes_on("Cf3u1K")) << "the page cache says nothing of processes";
  EXPECT_FALSE(goes_on("Pf3c1K")) << "private pages may be kept where others are not";
  EXPECT_TRUE(goes_on("Cf3p1K")) << "the other way round they may not";
  EXPECT_FALSE(goes_on("uf3U1") == goes_on("uf3K1"));
}

TEST(LeftOut, MemoryThatEndsProvesNothing) {
  LeftOutPages all;
  for (std::uint64_t frame = 0; frame < LeftOutPages::kRun; ++frame) {
    all.add(frame, PageKind::kUser, false);
  }
  all.add(LeftOutPages::kRun + 1, PageKind::kUser, true);
  EXPECT_FALSE(all.judge("test"));
}

TEST(MachineFacts, ThisMachineIsLikeItself) {
  const System system;
  const MachineFacts facts = read_machine_facts(system);
  EXPECT_THAT(differences(facts, facts), IsEmpty());
  EXPECT_NE(facts.cpu_signature, 0U);
  EXPECT_GE(facts.processors, 1U);
}

SnapshotIndex good_index() {
  SnapshotIndex index{};
  index.magic = kSnapshotMagic;
  index.version = kSnapshotVersion;
  index.extents = 1;
  index.blocks = 10'000;
  index.next_number = 3;
  index.entries[0].number = 1;
  index.entries[0].first_block = kSnapshotDataBlock;
  index.entries[0].bytes = 5000;
  index.entries[1].number = 2;
  index.entries[1].first_block = kSnapshotDataBlock + 2;
  index.entries[1].bytes = 4096;
  hibernate::seal(index);
  return index;
}

TEST(SnapshotIndex, ADamagedOneIsNotBelieved) {
  EXPECT_TRUE(check_snapshot_index(good_index(), "test"));
  const auto fault = [](const std::function<void(SnapshotIndex&)>& change, bool sealed = true) {
    SnapshotIndex index = good_index();
    change(index);
    if (sealed) {
      hibernate::seal(index);
    }
    const auto checked = check_snapshot_index(index, "test");
    return checked ? std::string() : checked.error().text();
  };
  EXPECT_THAT(fault([](SnapshotIndex& i) { i.blocks = 9'999; }, false), HasSubstr("damaged"));
  EXPECT_THAT(fault([](SnapshotIndex& i) { i.entries[1].first_block = kSnapshotDataBlock + 1; }),
              HasSubstr("damaged"));
  EXPECT_THAT(fault([](SnapshotIndex& i) { i.entries[1].bytes = ~std::uint64_t{0}; }), HasSubstr("damaged"));
  EXPECT_THAT(fault([](SnapshotIndex& i) { i.entries[1].first_block = 20'000; }), HasSubstr("damaged"));
  EXPECT_THAT(fault([](SnapshotIndex& i) { i.extents = kMostSnapshotExtents + 1; }), HasSubstr("damaged"));
  EXPECT_THAT(fault([](SnapshotIndex& i) { i.magic = 0; }), HasSubstr("no snapshots"));
}

}  // namespace
}  // namespace kjump::tests
