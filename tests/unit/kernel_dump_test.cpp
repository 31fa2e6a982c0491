// SPDX-License-Identifier: MIT
// Rule: a dump's memory is read as it was, in either format; what was cut off, altered or left out beyond
// what a kernel can do without is told before anybody believes it.
#include <gmock/gmock.h>

#include <array>

#include "dump_parts.hpp"
#include "kernel/dump.hpp"
#include "kernel/frame_bitmap.hpp"
#include "kernel/kdump_writer.hpp"

namespace kjump::tests {
namespace {

using namespace two_kernels;
using testing::HasSubstr;

Result<std::unique_ptr<Dump>> open_bytes(const DumpBytes& bytes) {
  return open_dump(memory_dump_source(bytes, "test"));
}

std::string fault_of(const DumpBytes& bytes) {
  const auto dump = open_bytes(bytes);
  return dump ? "" : dump.error().text();
}

/// All pages of the dump, read in one go for each piece, are what dump_page() says, or zero if left out.
void expect_memory(Dump& dump) {
  for (const MemoryPiece& piece : dump.facts().memory) {
    DumpBytes content(static_cast<std::size_t>(piece.bytes));
    const auto read = dump.read(piece.base, content);
    ASSERT_TRUE(read) << read.error().text();
    for (std::uint64_t at = 0; at < piece.bytes; at += kDumpPage) {
      const std::uint64_t frame = (piece.base + at) / kDumpPage;
      const DumpBytes wanted = dump.has_page(frame) ? dump_page(frame) : DumpBytes(kDumpPage);
      ASSERT_TRUE(std::equal(wanted.begin(), wanted.end(), content.begin() + static_cast<std::ptrdiff_t>(at)))
          << "frame " << frame;
    }
  }
}

const std::vector<ElfPart> kParts = {{0x10'0000, 20, 20}, {0x20'0000, 5, 9}, {0x10'3000, 4, 4}};

TEST(ElfDump, IsReadWithOverlapsAndTailsLeftOut) {
  const DumpBytes bytes = make_elf_dump(kParts, dump_notes(kDumpInfo));
  const auto dump = open_bytes(bytes);
  ASSERT_TRUE(dump) << dump.error().text();
  const DumpFacts& facts = (*dump)->facts();
  EXPECT_EQ(facts.release, "6.12.1");
  EXPECT_EQ(facts.level, std::nullopt);
  EXPECT_EQ(facts.pages, 29U);
  EXPECT_EQ(facts.pages_there, 25U);
  ASSERT_EQ(facts.memory.size(), 2U);
  EXPECT_TRUE((*dump)->has_page(0x204));
  EXPECT_FALSE((*dump)->has_page(0x205));
  expect_memory(**dump);
  std::array<std::byte, 2> outside{};
  EXPECT_FALSE((*dump)->read(0x209 * kDumpPage - 1, outside));
  EXPECT_FALSE((*dump)->read(0, outside));
}

TEST(ElfDump, IsRefusedWhereverItIsCutOff) {
  const DumpBytes bytes = make_elf_dump(kParts, dump_notes(kDumpInfo));
  for (std::size_t length = 0; length < bytes.size(); length += length < 600 ? 1 : 4096) {
    const std::string fault =
        fault_of(DumpBytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_THAT(fault, HasSubstr("cut off")) << length;
  }
}

TEST(ElfDump, IsRefusedWhenDataWasErased) {
  DumpBytes notes = dump_notes(kDumpInfo);
  const DumpBytes erased = dump_notes("x", "ERASEINFO");
  notes.insert(notes.end(), erased.begin(), erased.end());
  EXPECT_THAT(fault_of(make_elf_dump(kParts, notes)), HasSubstr("erased"));
}

/// Frames 0x100 to 0x1FF are memory; every third was left out.
struct Kdump {
  DumpBytes bytes;

  explicit Kdump(std::uint32_t level = kLeavesOutFree) {
    KdumpPlan plan;
    plan.release = "6.12.1";
    plan.vmcoreinfo = kDumpInfo;
    plan.level = level;
    plan.frames = 0x200;
    plan.memory.resize(kBitmap);
    plan.there.resize(kBitmap);
    std::vector<std::uint64_t> there;
    for (std::uint64_t frame = 0x100; frame < plan.frames; ++frame) {
      set(plan.memory, frame);
      if (frame % 3 != 0) {
        set(plan.there, frame);
        there.push_back(frame);
      }
    }
    auto writer = KdumpWriter::begin(
        [this](std::uint64_t offset, std::span<const std::byte> from) -> Result<void> {
          EXPECT_EQ(offset % kDumpPage + from.size() % kDumpPage, 0U);
          bytes.resize(std::max<std::size_t>(bytes.size(), static_cast<std::size_t>(offset) + from.size()));
          std::copy(from.begin(), from.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
          return {};
        },
        plan);
    EXPECT_TRUE(writer) << writer.error().text();
    unfinished = bytes;
    for (const std::uint64_t frame : there) {
      EXPECT_TRUE(writer->page(dump_page(frame)));
    }
    const auto length = writer->finish();
    EXPECT_TRUE(length) << length.error().text();
    EXPECT_EQ(length.value_or(0), bytes.size());
  }

  DumpBytes unfinished;

 private:
  static constexpr std::size_t kBitmap = 0x40;
  static void set(DumpBytes& bits, std::uint64_t frame) {
    bits[static_cast<std::size_t>(frame / 8)] |= static_cast<std::byte>(1U << frame % 8);
  }
};

TEST(Kdump, WhatTheWriterWroteIsRead) {
  const Kdump made;
  const auto dump = open_bytes(made.bytes);
  ASSERT_TRUE(dump) << dump.error().text();
  EXPECT_EQ((*dump)->facts().format, DumpFormat::kKdump);
  EXPECT_EQ((*dump)->facts().level, std::uint32_t{kLeavesOutFree});
  EXPECT_EQ((*dump)->facts().release, "6.12.1");
  EXPECT_EQ((*dump)->facts().pages, 0x100U);
  EXPECT_EQ((*dump)->facts().pages_there, 0x100U - 85U);
  expect_memory(**dump);
  EXPECT_GT((*dump)->facts().checked_pages, 0U);
}

TEST(Kdump, OneThatWasNotFinishedIsRefused) {
  EXPECT_THAT(fault_of(Kdump().unfinished), HasSubstr("could not finish"));
}

// Every bit of a compressed page counts; the pages that do not get smaller have no checksum.
TEST(Kdump, AFlippedBitInACompressedPageIsFound) {
  const Kdump made;
  DumpBytes bytes = made.bytes;
  const auto whole = open_bytes(made.bytes);
  ASSERT_TRUE(whole);
  expect_memory(**whole);
  const std::uint64_t compressed = (*whole)->facts().checked_pages;
  std::size_t found = 0;
  DumpBytes right(0x100 * kDumpPage);
  ASSERT_TRUE((*whole)->read(0x100 * kDumpPage, right));
  const auto content_end =
      std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte byte) { return byte != std::byte{0}; });
  const auto end = static_cast<std::size_t>(bytes.rend() - content_end);
  for (std::size_t at = end - 400; at < end; ++at) {
    bytes[at] ^= std::byte{0x10};
    auto dump = open_bytes(bytes);
    ASSERT_TRUE(dump);
    DumpBytes content(0x100 * kDumpPage);
    if (const auto read = (*dump)->read(0x100 * kDumpPage, content); !read) {
      EXPECT_THAT(read.error().text(), HasSubstr("is damaged"));
      ++found;
    } else {
      EXPECT_EQ(content, right);  // a bit that pads a stream
    }
    bytes[at] ^= std::byte{0x10};
  }
  EXPECT_GT(compressed, 10U);
  EXPECT_GT(found, 390U);
}

TEST(Kdump, IsRefusedWhereverItIsCutOff) {
  const Kdump made;
  for (std::size_t length = 0; length <= made.bytes.size() - kDumpPage; length += 509) {
    const DumpBytes cut(made.bytes.begin(), made.bytes.begin() + static_cast<std::ptrdiff_t>(length));
    auto dump = open_bytes(cut);
    if (dump) {
      DumpBytes content(0x100 * kDumpPage);
      const auto read = (*dump)->read(0x100 * kDumpPage, content);
      ASSERT_FALSE(read) << length;
      EXPECT_THAT(read.error().text(), HasSubstr("cut off"));
    }
  }
}

TEST(Dump, SaysWhatItIsNot) {
  DumpBytes bytes(4096);
  EXPECT_THAT(fault_of(bytes), HasSubstr("no dump"));
  std::memcpy(bytes.data(), "makedumpfile", 12);
  EXPECT_THAT(fault_of(bytes), HasSubstr("makedumpfile -R"));
}

TEST(FrameBitmap, CountsWhatIsBefore) {
  DumpBytes bits(32);
  for (const unsigned frame : {3U, 64U, 65U, 200U, 250U}) {
    bits[frame / 8] |= static_cast<std::byte>(1U << frame % 8);
  }
  const FrameBitmap bitmap(bits, 250);  // the last one is beyond it
  EXPECT_EQ(bitmap.set(), 4U);
  EXPECT_EQ(bitmap.rank(3), 0U);
  EXPECT_EQ(bitmap.rank(65), 2U);
  EXPECT_EQ(bitmap.rank(249), 4U);
  EXPECT_FALSE(bitmap.test(250));
}

}  // namespace
}  // namespace kjump::tests
