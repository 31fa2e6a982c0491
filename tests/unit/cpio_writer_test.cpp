// SPDX-License-Identifier: MIT
// Rule: an archive is a sequence of "newc" entries, each aligned to 4 bytes, parents before children, ended
// by the trailer; a path that would not end up where its writer thinks is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "targets/linux_vm/cpio.hpp"

namespace kjump::targets {
namespace {

struct Entry {
  std::string name;
  unsigned long mode = 0;
  std::string content;
};

// A reader of its own, so that writer and test do not share a mistake.
std::vector<Entry> read_archive(const std::vector<std::byte>& archive) {
  std::string text(archive.size(), '\0');
  std::memcpy(text.data(), archive.data(), archive.size());
  const auto field = [&text](std::size_t at, int index) {
    return std::stoul(text.substr(at + 6 + 8 * static_cast<std::size_t>(index), 8), nullptr, 16);
  };
  const auto aligned = [](std::size_t at) { return (at + 3) & ~std::size_t{3}; };
  std::vector<Entry> entries;
  for (std::size_t at = 0; at < text.size();) {
    EXPECT_EQ(text.substr(at, 6), "070701");
    const std::size_t content_bytes = field(at, 6);
    const std::size_t name_bytes = field(at, 11);
    const std::size_t content = aligned(at + 110 + name_bytes);
    entries.push_back(
        {text.substr(at + 110, name_bytes - 1), field(at, 1), text.substr(content, content_bytes)});
    at = aligned(content + content_bytes);
  }
  return entries;
}

std::vector<std::byte> bytes(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

TEST(CpioWriter, WritesParentsFilesLinksAndTrailer) {
  CpioWriter cpio;
  ASSERT_TRUE(cpio.add_file("/a/b/file", bytes("hello"), 0755));
  ASSERT_TRUE(cpio.add_symlink("/a/link", "b/file"));
  ASSERT_TRUE(cpio.add_directory("/a"));
  ASSERT_TRUE(cpio.add_character_device("/dev/console", 5, 1));
  const auto entries = read_archive(std::move(cpio).finish());
  ASSERT_EQ(entries.size(), 7U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[0].mode, 0040755U);
  EXPECT_EQ(entries[1].name, "a/b");
  EXPECT_EQ(entries[2].name, "a/b/file");
  EXPECT_EQ(entries[2].mode, 0100755U);
  EXPECT_EQ(entries[2].content, "hello");
  EXPECT_EQ(entries[3].mode, 0120777U);
  EXPECT_EQ(entries[3].content, "b/file");
  EXPECT_EQ(entries[5].name, "dev/console");
  EXPECT_EQ(entries[5].mode, 0020600U);
  EXPECT_EQ(entries[6].name, "TRAILER!!!");
}

TEST(CpioWriter, KeepsContentOfEveryLength) {
  CpioWriter cpio;
  for (std::size_t length = 0; length < 9; ++length) {
    ASSERT_TRUE(cpio.add_file("/" + std::string(length + 1, 'n'), bytes(std::string(length, 'c'))));
  }
  const auto entries = read_archive(std::move(cpio).finish());
  ASSERT_EQ(entries.size(), 10U);
  for (std::size_t length = 0; length < 9; ++length) {
    EXPECT_EQ(entries[length].name, std::string(length + 1, 'n'));
    EXPECT_EQ(entries[length].content, std::string(length, 'c'));
  }
}

TEST(CpioWriter, RefusesPathsThatMislead) {
  CpioWriter cpio;
  for (const char* path : {"", "/", "relative", "/ends/with/", "/../etc/passwd", "/a/../b", "/a/.."}) {
    EXPECT_FALSE(cpio.add_file(path, {})) << path;
  }
  EXPECT_TRUE(cpio.add_file("/..a/b..", {}));
  ASSERT_TRUE(cpio.add_file("/twice", {}));
  const auto twice = cpio.add_file("/twice", {});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().text(), ::testing::HasSubstr("/twice"));
}

}  // namespace
}  // namespace kjump::targets
