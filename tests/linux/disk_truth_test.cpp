// SPDX-License-Identifier: MIT
// Rule: what the BIOS tells a payload about a disk that Linux has used just before equals what Linux has on
// record about it, and what it reads there is what is there. One guest, every comparison. Through the kexec
// door only: after a sleep the disks are not set up (README, limits).
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

constexpr std::uintmax_t kDiskBytes = 64U << 20;

/// A raw disk of random bytes with a boot signature, so that Linux's EDD record has all its fields.
std::filesystem::path make_disk() {
  const auto path =
      std::filesystem::temp_directory_path() / ("kjump-truth-" + std::to_string(getpid()) + ".img");
  std::mt19937 random(2008);
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < 1 << 18; ++i) {
    const auto word = static_cast<std::uint32_t>(random());
    file.write(reinterpret_cast<const char*>(&word), sizeof word);
  }
  file.seekp(510);
  file.write("\x55\xAA", 2);
  file.close();
  std::filesystem::resize_file(path, kDiskBytes);
  return path;
}

const char* const kScript = R"sh(
echo "== disks"; kjump bios disks --json || exit 1
echo "== edd"
e=/sys/firmware/edd/int13_dev80
for f in sectors legacy_max_cylinder legacy_max_head legacy_sectors_per_track version interface; do
  echo "$f $(head -n1 $e/$f)"
done
echo "== count"; ls -d /sys/firmware/edd/int13_dev* | wc -l
echo "== sector"
for lba in 0 1 777; do
  kjump bios read-sector --drive 0x80 --lba $lba --out /tmp/bios-sector >/dev/null || exit 1
  dd if=/dev/sda of=/tmp/linux-sector bs=512 skip=$lba count=1 2>/dev/null
  cmp /tmp/bios-sector /tmp/linux-sector && echo "$lba equal $(md5sum </tmp/bios-sector)"
done
)sh";

JobResult ask() {
  Guest guest;
  const auto disk = make_disk();
  guest.options.machine.disks = {Disk{.path = disk, .bus = DiskBus::kIde, .read_only = false}};
  guest.options.machine.cpus = 2;
  JobResult result = guest.run(kScript);
  std::filesystem::remove(disk);
  return result;
}

class DiskTruth : public testing::Test {
 protected:
  static void SetUpTestSuite() { answer_ = new JobResult(ask()); }
  static void TearDownTestSuite() { delete answer_; }
  void SetUp() override { ASSERT_EQ(answer_->exit_code, 0) << answer_->err << answer_->out; }
  static const std::string& out() { return answer_->out; }

 private:
  static JobResult* answer_;
};

JobResult* DiskTruth::answer_ = nullptr;

std::uint64_t number(const nlohmann::json& value) {
  return value.is_string() ? std::stoull(std::string(value), nullptr, 0) : value.get<std::uint64_t>();
}

TEST_F(DiskTruth, DisksAgreeWithEdd) {
  std::map<std::string, std::string> edd;
  for (const std::string& line : lines(section(out(), "edd"))) {
    edd[line.substr(0, line.find(' '))] = line.substr(line.find(' ') + 1);
  }
  const auto disks = json_section(out(), "disks");
  EXPECT_EQ(std::to_string(number(disks["count"])), lines(section(out(), "count")).at(0));
  ASSERT_EQ(disks["disks"].size(), 1U);
  const auto& disk = disks["disks"][0];
  EXPECT_EQ(number(disk["drive"]), 0x80U);
  EXPECT_EQ(number(disk["sectors"]), std::stoull(edd["sectors"]));
  EXPECT_EQ(number(disk["sectors"]), kDiskBytes / 512);
  EXPECT_EQ(number(disk["geometry"]["cylinders"]), std::stoull(edd["legacy_max_cylinder"]) + 1);
  EXPECT_EQ(number(disk["geometry"]["heads"]), std::stoull(edd["legacy_max_head"]) + 1);
  EXPECT_EQ(number(disk["geometry"]["sectors"]), std::stoull(edd["legacy_sectors_per_track"]));
  EXPECT_EQ(number(disk["edd_version"]), std::stoull(edd["version"], nullptr, 0));
  const std::string interface = disk["interface"];
  EXPECT_EQ(edd["interface"].rfind(interface.substr(0, 3), 0), 0U) << edd["interface"] << " vs " << interface;
}

TEST_F(DiskTruth, SectorsReadByInt13EqualTheDisk) {
  const auto equal = lines(section(out(), "sector"));
  ASSERT_EQ(equal.size(), 3U);
  EXPECT_EQ(equal[0].rfind("0 equal ", 0), 0U);
  EXPECT_EQ(equal[2].rfind("777 equal ", 0), 0U);
  EXPECT_NE(equal[0].substr(8), equal[1].substr(8)) << "different sectors have different content";
}

}  // namespace
}  // namespace kjump::tests
