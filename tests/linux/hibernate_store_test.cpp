// SPDX-License-Identifier: MIT
// Rule: what kjump hibernate prepare writes lies on the disk exactly where the file system, asked by its own
// tools, keeps the file, and nowhere else; the file stays there; and what is mounted, moved, foreign or in
// memory is refused with the reason.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/records.hpp"
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

namespace fs = std::filesystem;
using namespace abi::hibernate;

constexpr std::uint32_t kFirstStart = 2048;  // ext4
constexpr std::uint32_t kFirstSectors = 96 * 2048;
constexpr std::uint32_t kSecondStart =
    kFirstStart + kFirstSectors + 7;  // raw, where no partition should begin
constexpr std::uint32_t kSecondSectors = 8 * 2048;
constexpr std::uint32_t kThirdStart = kSecondStart + kSecondSectors;  // for a copy of the second
constexpr std::uint64_t kDiskBytes = (kThirdStart + kSecondSectors) * std::uint64_t{kSectorBytes};

std::string read_bytes(const fs::path& path, std::uint64_t offset, std::size_t bytes) {
  std::ifstream file(path, std::ios::binary);
  std::string content(bytes, '\0');
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(content.data(), static_cast<std::streamsize>(bytes));
  EXPECT_EQ(file.gcount(), static_cast<std::streamsize>(bytes)) << path << " at " << offset;
  return content;
}

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char each : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(each)));
    text += digits.data();
  }
  return text;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::array<char, 4096> buffer{};
  while (pipe != nullptr) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe);
    if (got == 0) {
      break;
    }
    text.append(buffer.data(), got);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

/// Where a file lies, as e2fsprogs say it.
std::vector<Extent> debugfs_extents(const fs::path& disk, const std::string& file) {
  const std::string text =
      output_of("/sbin/debugfs -R 'dump_extents " + file + "' '" + disk.string() +
                "?offset=" + std::to_string(std::uint64_t{kFirstStart} * kSectorBytes) + "' 2>/dev/null");
  std::vector<Extent> extents;
  for (const std::string& line : lines(text)) {
    // "level/depth entry/entries first - last physical - physical length flags", leaves only.
    unsigned level = 0, depth = 0;
    unsigned long long first = 0, last = 0, physical = 0, end = 0, length = 0;
    if (std::sscanf(line.c_str(), " %u/ %u %*u/ %*u %llu - %llu %llu - %llu %llu", &level, &depth, &first,
                    &last, &physical, &end, &length) == 7 &&
        level == depth) {
      const std::uint64_t sector = kFirstStart + physical * kSectorsPerBlock;
      if (!extents.empty() && extents.back().sector + extents.back().blocks * kSectorsPerBlock == sector) {
        extents.back().blocks += length;
      } else {
        extents.push_back({first, length, sector});
      }
    }
  }
  return extents;
}

class HibernateStore : public testing::TestWithParam<DiskBus> {
 protected:
  void SetUp() override {
    disk_ = fs::temp_directory_path() / ("kjump-store-" + std::to_string(getpid()) + ".img");
    const std::string make = "truncate -s " + std::to_string(kDiskBytes) + " '" + disk_.string() +
                             "' && /sbin/mkfs.ext4 -q -F -b 4096 -E offset=" +
                             std::to_string(std::uint64_t{kFirstStart} * kSectorBytes) + " '" +
                             disk_.string() + "' " + std::to_string(kFirstSectors / 2) + "k";
    ASSERT_EQ(std::system(make.c_str()), 0) << make;
    write_partition_table();
  }
  void TearDown() override { fs::remove(disk_); }

  void write_partition_table() const {
    std::array<char, 66> table{};
    const std::array<std::array<std::uint32_t, 2>, 3> partitions{
        {{kFirstStart, kFirstSectors}, {kSecondStart, kSecondSectors}, {kThirdStart, kSecondSectors}}};
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      table[i * 16 + 4] = '\x83';
      std::memcpy(table.data() + i * 16 + 8, &partitions[i], 8);
    }
    table[64] = '\x55';
    table[65] = '\xAA';
    std::fstream file(disk_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(446);
    file.write(table.data(), table.size());
  }

  /// Header and canary at the sector that prepare named, by the raw bytes of the disk.
  void expect_store(const nlohmann::json& prepared, const std::string& canary) const {
    const std::uint64_t sector = prepared.at("header_sector");
    const std::string block = read_bytes(disk_, sector * kSectorBytes, kBlockBytes);
    StoreHeader header{};
    std::memcpy(&header, block.data(), sizeof header);
    EXPECT_EQ(header.magic, kStoreMagic);
    EXPECT_EQ(hibernate::uuid_text(header.uuid), prepared.at("store"));
    EXPECT_EQ(header.header_sector, sector);
    EXPECT_EQ(header.disk_sectors, kDiskBytes / kSectorBytes);
    const std::uint64_t canary_at = (sector + std::uint64_t{kCanaryBlock} * kSectorsPerBlock) * kSectorBytes;
    EXPECT_EQ(hex_of(read_bytes(disk_, canary_at, sizeof(SaveRequest::canary))) + "\n", canary);
  }

  fs::path disk_;
};

const char* const kStoreScript = R"sh(
disk=$(ls /dev/vda /dev/sda 2>/dev/null | head -n 1)
mkdir /mnt/fs && mount -t ext4 ${disk}1 /mnt/fs || exit 1
# Free space in pieces: the store must go into several of them.
i=0; while [ $i -lt 20 ]; do fallocate -l 4M /mnt/fs/f$i; i=$((i + 1)); done
i=1; while [ $i -lt 20 ]; do rm /mnt/fs/f$i; i=$((i + 2)); done; sync
refused() { "$@" >/tmp/out 2>&1 && echo "NOT REFUSED" || sed 's/kjump: //' /tmp/out; }
echo "== file"; kjump hibernate prepare /mnt/fs/store --size 30MiB --json || exit 1
echo "== canary"; canary /mnt/fs/store
echo "== through the file system"; tr -d '\0' </mnt/fs/store | wc -c
echo "== status"; kjump hibernate status /mnt/fs/store --json
echo "== pinned"; refused rm /mnt/fs/store; refused dd if=/dev/zero of=/mnt/fs/store
echo "== again"; kjump hibernate prepare /mnt/fs/store --json
echo "== canary again"; canary /mnt/fs/store
echo "== partition"; kjump hibernate prepare ${disk}2 --json
echo "== partition canary"; canary ${disk}2
dd if=${disk}2 of=${disk}3 bs=1M 2>/dev/null
echo "== moved"; refused kjump hibernate status ${disk}3
echo "== copy"; dd if=${disk}2 of=/tmp/copy bs=1M 2>/dev/null; kjump hibernate status /tmp/copy --json
echo "== mounted"; refused kjump hibernate prepare ${disk}1
echo "== mounted, forced"; refused kjump hibernate prepare --force ${disk}1
echo "== disk"; refused kjump hibernate prepare --force $disk
echo "== data"; head -c 3500000 /dev/urandom >/mnt/fs/data; refused kjump hibernate prepare /mnt/fs/data
echo "== tmpfs"; refused kjump hibernate prepare /tmp/store --size 4MiB; ls /tmp/store 2>&1
echo "== full"; refused kjump hibernate prepare /mnt/fs/large --size 1GiB; ls /mnt/fs/large 2>&1
echo "== small"; refused kjump hibernate prepare /mnt/fs/small --size 64KiB; ls /mnt/fs/small 2>&1
umount /mnt/fs
echo "== file system"; refused kjump hibernate prepare ${disk}1
echo "== log"; dmesg | grep -E "I/O error|EXT4-fs error" || echo "nothing to complain about"
)sh";

void expect_in(const std::string& out, const std::string& name, const std::string& text) {
  EXPECT_NE(section(out, name).find(text), std::string::npos) << name << ": " << section(out, name);
}

TEST_P(HibernateStore, LiesWhereTheFileSystemKeepsTheFile) {
  Guest guest;
  guest.options.machine.disks.push_back({.path = disk_, .bus = GetParam(), .read_only = false});
  guest.with_file(KJUMP_CANARY, "/bin/canary", true);
  const std::string out = [&] {
    const JobResult result = guest.run(kStoreScript);
    EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
    return result.out;
  }();
  const auto file = json_section(out, "file");
  expect_store(json_section(out, "again"), section(out, "canary again"));
  expect_store(json_section(out, "partition"), section(out, "partition canary"));
  EXPECT_EQ(json_section(out, "partition").at("header_sector"), kSecondStart);
  EXPECT_NE(section(out, "canary"), section(out, "canary again"));
  EXPECT_EQ(json_section(out, "again").at("store"), file.at("store")) << "it stays the same store";
  EXPECT_EQ(json_section(out, "status").at("store"), file.at("store"));
  EXPECT_EQ(json_section(out, "copy").at("store"), json_section(out, "partition").at("store"));
  EXPECT_EQ(section(out, "through the file system"), "0\n") << "kjump wrote below it";

  // The same list by e2fsprogs, which look at the unmounted disk.
  const std::vector<Extent> expected = debugfs_extents(disk_, "/store");
  ASSERT_EQ(file.at("extents").size(), expected.size());
  EXPECT_GT(expected.size(), 1U) << "the test wants a file in pieces";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(file.at("extents")[i].at("first_block"), expected[i].first_block);
    EXPECT_EQ(file.at("extents")[i].at("blocks"), expected[i].blocks);
    EXPECT_EQ(file.at("extents")[i].at("sector"), expected[i].sector);
  }
  const std::string check = "/sbin/e2fsck -fn '" + disk_.string() +
                            "?offset=" + std::to_string(std::uint64_t{kFirstStart} * kSectorBytes) +
                            "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0) << check;

  expect_in(out, "pinned", "Operation not permitted");
  expect_in(out, "moved", "no longer lies on the disk where its own records say");
  expect_in(out, "mounted", "it is mounted on /mnt/fs");
  expect_in(out, "mounted, forced", "it is mounted on /mnt/fs");
  expect_in(out, "disk", "it is mounted on /mnt/fs");
  expect_in(out, "data", "data that was written to the file");
  expect_in(out, "tmpfs", "tmpfs is memory");
  expect_in(out, "tmpfs", "No such file");
  expect_in(out, "full", "No space left");
  expect_in(out, "full", "No such file");
  expect_in(out, "small", "too few");
  expect_in(out, "small", "No such file");
  expect_in(out, "file system", "ext4 file system");
  EXPECT_EQ(out.find("NOT REFUSED"), std::string::npos) << out;
  EXPECT_EQ(section(out, "log"), "nothing to complain about\n");
}

INSTANTIATE_TEST_SUITE_P(Buses, HibernateStore, testing::Values(DiskBus::kVirtio, DiskBus::kAhci),
                         [](const auto& bus) { return bus.param == DiskBus::kVirtio ? "virtio" : "ahci"; });

}  // namespace
}  // namespace kjump::tests
