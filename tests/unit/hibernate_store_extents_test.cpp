// SPDX-License-Identifier: MIT
// Rule: places on the whole disk come out of partitions, linear mappings and file extents exactly, and what
// does not lie on whole blocks of one disk of hardware is refused.
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/block_device.hpp"
#include "hibernate/dm_table.hpp"
#include "hibernate/extents.hpp"

namespace kjump::tests {
namespace {

namespace fs = std::filesystem;
using hibernate::ByteRun;
using hibernate::Segment;

constexpr std::uint64_t kBlock = abi::hibernate::kBlockBytes;

/// A /sys with what the kernel shows of a few block devices.
class BlockDevices : public testing::Test {
 protected:
  void SetUp() override {
    disk("sda", "8:0", 1'000'000);
    partition("sda", "sda2", "8:2", 2048, 500'000);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ + path).substr(0, (root_ + path).rfind('/')));
    std::ofstream(root_ + path) << text << "\n";
  }
  void device(const std::string& directory, const std::string& name, const std::string& number,
              std::uint64_t sectors) {
    write(directory + "/uevent", "MAJOR=1\nDEVNAME=" + name + "\nDEVTYPE=x");
    write(directory + "/size", std::to_string(sectors));
    fs::create_directories(root_ + "/sys/dev/block");
    fs::create_directory_symlink(root_ + directory, root_ + "/sys/dev/block/" + number);
  }
  void disk(const std::string& name, const std::string& number, std::uint64_t sectors) {
    device("/sys/block/" + name, name, number, sectors);
    write("/sys/block/" + name + "/queue/logical_block_size", "512");
    fs::create_directories(root_ + "/sys/block/" + name + "/device");
  }
  void partition(const std::string& of, const std::string& name, const std::string& number,
                 std::uint64_t start, std::uint64_t sectors) {
    const std::string directory = "/sys/block/" + of + "/" + name;
    device(directory, name, number, sectors);
    write(directory + "/partition", "2");
    write(directory + "/start", std::to_string(start));
  }
  [[nodiscard]] std::string refusal(dev_t number) const {
    const auto found = hibernate::find_block_device(System(root_), number);
    return found ? "" : found.error().text();
  }

  std::string root_ = (fs::temp_directory_path() / ("kjump-block-" + std::to_string(getpid()))).string();
};

TEST_F(BlockDevices, FindsAPartitionOnItsDisk) {
  const auto found = hibernate::find_block_device(System(root_), makedev(8, 2));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->name, "sda2");
  EXPECT_EQ(found->disk, "sda");
  EXPECT_EQ(found->disk_sectors, 1'000'000U);
  ASSERT_EQ(found->segments.size(), 1U);
  EXPECT_EQ(found->segments[0].disk_sector, 2048U);
  EXPECT_EQ(found->segments[0].sectors, 500'000U);
}

TEST_F(BlockDevices, RefusesWhatNoDriverFinds) {
  for (const char* kind : {"md", "loop", "bcache"}) {
    fs::create_directories(root_ + "/sys/block/sda/" + kind);
    EXPECT_NE(refusal(makedev(8, 2)), "") << kind;
    fs::remove(root_ + "/sys/block/sda/" + kind);
  }
  write("/sys/block/sda/queue/zoned", "host-managed");
  EXPECT_NE(refusal(makedev(8, 2)).find("zoned"), std::string::npos);
  write("/sys/block/sda/queue/zoned", "none");
  EXPECT_EQ(refusal(makedev(8, 2)), "");
  fs::remove(root_ + "/sys/block/sda/device");
  EXPECT_NE(refusal(makedev(8, 2)).find("no hardware"), std::string::npos);
  EXPECT_NE(refusal(makedev(9, 9)), "") << "a device that is not there";
}

TEST_F(BlockDevices, RefusesAPartitionThatIsNotOnItsDisk) {
  write("/sys/block/sda/sda2/start", "999999");
  EXPECT_NE(refusal(makedev(8, 2)), "");
  write("/sys/block/sda/sda2/start", "18446744073709551615");
  EXPECT_NE(refusal(makedev(8, 2)), "");
  write("/sys/block/sda/sda2/start", "63");
  write("/sys/block/sda/queue/logical_block_size", "4096");
  EXPECT_NE(refusal(makedev(8, 2)), "") << "not on a sector of the disk";
}

TEST(HibernateExtents, GoThroughMappingsAndJoin) {
  // Sectors 0-799 of the device lie at 2048, 800-1599 at 100000.
  const std::vector<Segment> device{{0, 800, 2048}, {800, 800, 100'000}};
  const auto extents = hibernate::extents_of(
      device, std::vector<ByteRun>{{0, 0, 50 * kBlock}, {50 * kBlock, 50 * kBlock, 100 * kBlock}}, "x");
  ASSERT_TRUE(extents) << extents.error().text();
  ASSERT_EQ(extents->size(), 2U) << "what follows on the disk is one piece, whatever the file system says";
  EXPECT_EQ((*extents)[0].blocks, 100U);
  EXPECT_EQ((*extents)[0].sector, 2048U);
  EXPECT_EQ((*extents)[1].first_block, 100U);
  EXPECT_EQ((*extents)[1].blocks, 50U);
  EXPECT_EQ((*extents)[1].sector, 100'000U);
}

TEST(HibernateExtents, RefuseWhatIsNotWholeBlocks) {
  const std::vector<Segment> device{{0, 804, 2048}, {804, 800, 100'000}};
  const auto refused = [&device](std::vector<ByteRun> runs) {
    return !hibernate::extents_of(device, runs, "x");
  };
  EXPECT_FALSE(refused({{0, 0, 100 * kBlock}}));
  EXPECT_TRUE(refused({{0, 0, 101 * kBlock}})) << "the mapping splits the last block";
  EXPECT_TRUE(refused({{0, 1024, kBlock}})) << "begins inside a block";
  EXPECT_TRUE(refused({{0, 0, 1024}})) << "ends inside a block";
  EXPECT_TRUE(refused({{kBlock, 0, kBlock}})) << "a hole";
  EXPECT_TRUE(refused({{0, 0, kBlock}, {2 * kBlock, 2 * kBlock, kBlock}})) << "a hole in the middle";
  EXPECT_TRUE(refused({{0, 200 * kBlock, 10 * kBlock}})) << "behind the end of the device";
  EXPECT_TRUE(refused({{0, ~0ULL / kBlock * kBlock, kBlock}})) << "far behind it";
}

TEST(HibernateExtents, TakeTheParametersOfALinearMapping) {
  const auto linear = hibernate::parse_dm_linear("8:2 4096");
  ASSERT_TRUE(linear);
  EXPECT_EQ(linear->device, makedev(8, 2));
  EXPECT_EQ(linear->offset, 4096U);
  for (const char* text : {"", "8:2", "8 2 4096", "8:2 4096 1", "/dev/sda 0", "8:2 -"}) {
    EXPECT_FALSE(hibernate::parse_dm_linear(text)) << text;
  }
}

}  // namespace
}  // namespace kjump::tests
