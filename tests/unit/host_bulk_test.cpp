// SPDX-License-Identifier: MIT
// Rule: the lists that lead a payload to bulk memory name every page once, in order, and end.
#include <gtest/gtest.h>

#include <vector>

#include "host/bulk.hpp"

namespace kjump::test {
namespace {

constexpr std::uint64_t kPage = abi::kPageBytes;

TEST(BulkList, JoinsNeighboursOnly) {
  const std::vector<std::uint64_t> pages{0x5000, 0x6000, 0x9000, 0x8000, 0x100000000};
  const auto extents = join_pages(pages);
  ASSERT_EQ(extents.size(), 4U);
  EXPECT_EQ(extents[0].address, 0x5000U);
  EXPECT_EQ(extents[0].bytes, 2 * kPage);
  EXPECT_EQ(extents[2].address, 0x8000U);
  EXPECT_EQ(extents[3].address, 0x100000000U);
}

TEST(BulkList, GoesOnFromPageToPage) {
  std::vector<abi::BulkExtent> extents;
  for (std::uint64_t i = 0; i < 2 * abi::kBulkExtentsPerPage + 1; ++i) {
    extents.push_back({i * 2 * kPage, kPage});
  }
  const std::vector<std::uint64_t> places{0xA000, 0xC000, 0xE000};
  ASSERT_EQ(list_pages_for(extents.size()), places.size());
  const auto list = make_list(extents, places);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].next, 0xC000U);
  EXPECT_EQ(list[1].next, 0xE000U);
  EXPECT_EQ(list[2].next, 0U);
  EXPECT_EQ(list[0].count, abi::kBulkExtentsPerPage);
  EXPECT_EQ(list[2].count, 1U);
  EXPECT_EQ(list[2].extents[0].address, extents.back().address);
}

TEST(BulkList, FullPagesNeedNoOtherBehindThem) {
  EXPECT_EQ(list_pages_for(0), 0U);
  EXPECT_EQ(list_pages_for(abi::kBulkExtentsPerPage), 1U);
  EXPECT_EQ(list_pages_for(abi::kBulkExtentsPerPage + 1), 2U);
}

// Bits 0-54 the frame's number, 63 present; others say what does not matter here.
TEST(Pagemap, TellsAddressesOrThatItDoesNot) {
  EXPECT_EQ(address_in_pagemap(std::uint64_t{1} << 63 | std::uint64_t{1} << 61 | 0x12345), 0x12345000U);
  EXPECT_FALSE(address_in_pagemap(0x12345)) << "not present";
  EXPECT_FALSE(address_in_pagemap(std::uint64_t{1} << 63)) << "hidden from those without CAP_SYS_ADMIN";
}

}  // namespace
}  // namespace kjump::test
