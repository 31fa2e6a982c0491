// SPDX-License-Identifier: MIT
// Rule: the journal of an ext3 or ext4 file system is found where e2fsprogs says it is, on every block size;
// what has none is told apart from what makes no sense.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "hibernate/ext4_journal.hpp"

namespace kjump::test {
namespace {

namespace fs = std::filesystem;

class Ext4Journal : public testing::Test {
 protected:
  ~Ext4Journal() override { fs::remove(path_); }

  void make(const std::string& options, const std::string& size) {
    fs::remove(path_);
    const std::string command = "/sbin/mkfs.ext4 -q -F " + options + " '" + path_.string() + "' " + size;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  // debugfs's answer: the block that the journal's inode has at 0.
  [[nodiscard]] std::uint64_t asked_debugfs() const {
    const std::string command = "/sbin/debugfs -R 'bmap <8> 0' '" + path_.string() + "' 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    unsigned long long block = 0;
    EXPECT_EQ(std::fscanf(pipe.get(), "%llu", &block), 1) << command;
    return block;
  }

  [[nodiscard]] Result<std::optional<hibernate::JournalPlace>> find() const {
    return hibernate::find_ext4_journal(
        [this](std::uint64_t offset, std::size_t bytes) -> Result<std::string> {
          std::ifstream file(path_, std::ios::binary);
          std::string text(bytes, '\0');
          file.seekg(static_cast<std::streamoff>(offset));
          if (!file.read(text.data(), static_cast<std::streamsize>(bytes))) {
            return fail(ErrorCode::kSystem, "cannot read it", path_.string());
          }
          return text;
        },
        "it");
  }

  void put(std::uint64_t offset, const std::string& bytes) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
  }

  fs::path path_ = fs::temp_directory_path() / ("kjump-journal-" + std::to_string(getpid()) + ".img");
};

TEST_F(Ext4Journal, IsWhereDebugfsSaysItIs) {
  struct Case {
    const char* options;
    const char* size;
    std::uint32_t block_bytes;
  };
  for (const Case& one : {Case{"-b 4096", "64M", 4096}, Case{"-b 1024", "32M", 1024},
                          Case{"-b 4096 -O ^extent,^64bit", "64M", 4096},
                          // More extents than an inode has room for: an inner node.
                          Case{"-b 1024 -g 256 -J size=8", "64M", 1024}}) {
    make(one.options, one.size);
    const auto found = find();
    ASSERT_TRUE(found && *found) << one.options;
    EXPECT_EQ((*found)->block_bytes, one.block_bytes) << one.options;
    EXPECT_EQ((*found)->offset, asked_debugfs() * one.block_bytes) << one.options;
  }
}

TEST_F(Ext4Journal, NoneIsNoError) {
  make("-O ^has_journal", "16M");
  auto found = find();
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
  make("", "16M");
  put(1024 + 0x38, "XX");  // the magic number of another file system
  found = find();
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

TEST_F(Ext4Journal, NonsenseIsRefused) {
  make("", "16M");
  put(1024 + 0x10C + 2, std::string(2, '\0'));  // extents, but none
  EXPECT_NE(find().error().what.find("extents of its journal"), std::string::npos);
  make("", "16M");
  put(1024 + 0x10C + 6, "\x01");  // a child that is no node
  EXPECT_FALSE(find());
  make("", "16M");
  put(1024 + 0x10C + 20, "\x01");  // another block
  EXPECT_NE(find().error().what.find("not where its superblock says"), std::string::npos);
  make("", "16M");
  put(1024 + 0x18, "\x07");  // blocks of 128 KiB
  EXPECT_NE(find().error().what.find("does not say where"), std::string::npos);
}

}  // namespace
}  // namespace kjump::test
