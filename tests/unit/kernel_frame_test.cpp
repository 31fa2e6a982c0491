// SPDX-License-Identifier: MIT
// Rule: where a kernel waits is read from its control page and its stack, wherever these lie; and what does
// not look like them is not taken for them.
#include <cstring>
#include <map>

#include <gtest/gtest.h>
#include <kjump/abi/processor.hpp>
#include <kjump/abi/two_kernels.hpp>

#include "memory/high_window.hpp"
#include "two_kernels/frame.hpp"

namespace kjump {
namespace {

std::map<std::uint64_t, std::uint64_t> physical_words;  // by address; all others are out of reach

}  // namespace

// In place of the payload's window.
bool copy_from_anywhere(void* to, std::uint64_t from, std::uint32_t bytes) {
  for (std::uint32_t done = 0; done < bytes; done += sizeof(std::uint64_t)) {
    const auto word = physical_words.find(from + done);
    if (word == physical_words.end()) {
      return false;
    }
    std::memcpy(static_cast<char*>(to) + done, &word->second, sizeof word->second);
  }
  return true;
}

namespace two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr std::uint64_t kControlPage = 0x1'0142'F000;  // above 4 GiB, as most are on a large machine
constexpr std::uint64_t kRoot = 0x2'0000'0000;
constexpr std::uint64_t kStackTable = 0x2'0000'9000;
constexpr std::uint64_t kTablesOfJump = 0x3'0000'1000;
// The eight words that are pushed end on the next page.
constexpr std::uint64_t kStack = 0xFFFF'C900'0004'4FE0;
constexpr std::uint64_t kStackPages[2] = {0x1'2345'6000, 0x7000};
constexpr std::uint64_t kReturn = 0xFFFF'FFFF'8105'1234;

class KernelFrame : public testing::Test {
 protected:
  KernelFrame() { make(4); }

  // A kernel that has jumped, with so many levels of page tables.
  void make(unsigned levels) {
    physical_words.clear();
    record_ = {};
    record_.entry.door = static_cast<std::uint8_t>(abi::Door::kKexec);
    record_.entry.efer = abi::kEferLongModeActive;
    record_.entry.return_address = kControlPage + 0xF2;
    record_.entry.cr3 = kTablesOfJump;
    record_.entry.cr4 = abi::kCr4Pae | (levels == 5 ? abi::kCr4La57 : 0);
    record_.entry.cs = 0x10;
    const std::uint64_t data[] = {
        kStack,        abi::kCr0Paging | abi::kCr0ProtectionEnable | abi::kCr0WriteProtect,
        kRoot | 0x800, record_.entry.cr4 | 0x80,
        kTablesOfJump, 0x4000,
        0x5002};
    for (std::size_t i = 0; i < std::size(data); ++i) {
      physical_words[kControlPage + format::kControlDataOffset + i * sizeof data[i]] = data[i];
    }
    std::uint64_t table = kRoot;
    for (unsigned level = levels; level-- > 1;) {
      const std::uint64_t below = level == 1 ? kStackTable : table + 0x1000;
      physical_words[table + (kStack >> (12 + 9 * level) & 511) * 8] = below | 0x63;
      table = below;
    }
    for (std::uint64_t i = 0; i < 2; ++i) {
      physical_words[kStackTable + (((kStack >> 12) + i) & 511) * 8] = kStackPages[i] | 0x8000'0000'0000'0063;
    }
    for (std::uint64_t i = 0; i < 8; ++i) {  // rflags, r15 ... r12, rbp, rbx, return address
      const std::uint64_t at = kStack + i * 8;
      physical_words[kStackPages[at >> 12 == kStack >> 12 ? 0 : 1] + at % 0x1000] =
          i < 7 ? 0x100 + i : kReturn;
    }
  }
  static void change(std::uint64_t control_offset, std::uint64_t value) {
    physical_words[kControlPage + format::kControlDataOffset + control_offset] = value;
  }
  const format::KernelRecord& read() {
    read_frame(record_);
    return record_;
  }
  void expect_unknown(const char* what) {
    const format::KernelRecord& record = read();
    EXPECT_EQ(record.frame_known, 0U) << what;
    EXPECT_EQ(record.frame.rip, 0U) << what;
    make(4);
  }

  format::KernelRecord record_{};
};

TEST_F(KernelFrame, IsWhereRelocateKernelReturnsTo) {
  for (const unsigned levels : {4U, 5U}) {
    make(levels);
    const format::KernelRecord& record = read();
    ASSERT_EQ(record.frame_known, 1U) << levels;
    EXPECT_EQ(record.control_page, kControlPage);
    EXPECT_EQ(record.control.backup_map, 0x5002U);
    EXPECT_EQ(record.control.swap_page, 0x4000U);
    EXPECT_EQ(record.frame.rip, kReturn);
    EXPECT_EQ(record.frame.rsp, kStack + 64);
    EXPECT_EQ(record.frame.rflags, 0x100U);
    EXPECT_EQ(record.frame.r15, 0x101U);
    EXPECT_EQ(record.frame.r12, 0x104U);
    EXPECT_EQ(record.frame.rbp, 0x105U);
    EXPECT_EQ(record.frame.rbx, 0x106U);
    EXPECT_EQ(record.frame.cs, 0x10U);
  }
}

// A stack in the direct map lies in a large page.
TEST_F(KernelFrame, MayBeInALargePage) {
  constexpr std::uint64_t kLarge = 0x1'4000'0000;
  physical_words[kRoot + 0x2000 + (kStack >> 21 & 511) * 8] = kLarge | 0xE3;
  for (std::uint64_t i = 0; i < 8; ++i) {
    physical_words[kLarge + (kStack + i * 8) % 0x20'0000] = i < 7 ? i : kReturn;
  }
  EXPECT_EQ(read().frame.rip, kReturn);
}

TEST_F(KernelFrame, IsUnknownWhereTheDataAreNotThose) {
  change(0x00, 0x1234'5678);
  expect_unknown("a stack that is none of a kernel's");
  change(0x08, 0x33);
  expect_unknown("no paging");
  change(0x18, abi::kCr4Pae | abi::kCr4La57);
  expect_unknown("another paging depth");
  change(0x20, kTablesOfJump + 0x1000);
  expect_unknown("page tables that the jump was not made with");
  physical_words[kStackPages[1] + ((kStack + 56) & 0xFFF)] = 0x1000;
  expect_unknown("a return address that is none of a kernel's");
  physical_words.erase(kControlPage + format::kControlDataOffset);
  expect_unknown("a control page out of reach");
  physical_words[kRoot + (kStack >> 39 & 511) * 8] = 0;
  expect_unknown("a stack that is not mapped");
  record_.entry.efer = 0;
  expect_unknown("an i386 kernel");
  record_.entry.door = static_cast<std::uint8_t>(abi::Door::kWake);
  expect_unknown("another door");
}

}  // namespace
}  // namespace two_kernels
}  // namespace kjump
