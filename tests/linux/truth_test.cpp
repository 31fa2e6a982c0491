// SPDX-License-Identifier: MIT
// Rule: what the BIOS tells a payload that Linux jumped into equals what Linux itself has on record about the
// same machine: memory map, disks, disk content, clock, base memory. One guest, every comparison.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <tuple>

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
echo "== memory-map"; kjump bios memory-map --json || exit 1
echo "== memmap"
for d in /sys/firmware/memmap/*; do echo "$(cat $d/start) $(cat $d/end) $(cat $d/type)"; done
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
echo "== clock"; kjump bios clock --json || exit 1
echo "== rtc"; echo "$(cat /sys/class/rtc/rtc0/date) $(cat /sys/class/rtc/rtc0/time)"
echo "== equipment"; kjump bios equipment --json || exit 1
echo "== video"; kjump bios video-modes --json || exit 1
echo "== call"; kjump bios call 0x12 --json || exit 1
echo "== health"; health after
)sh";

JobResult ask() {
  Guest guest;
  const auto disk = make_disk();
  guest.options.machine.disks = {Disk{.path = disk, .bus = DiskBus::kIde, .read_only = false}};
  guest.options.machine.cpus = 2;
  JobResult result = guest.run(std::string(kHealth) + "health before\n" + kScript);
  std::filesystem::remove(disk);
  return result;
}

class Truth : public testing::Test {
 protected:
  static void SetUpTestSuite() { answer_ = new JobResult(ask()); }
  static void TearDownTestSuite() { delete answer_; }
  void SetUp() override { ASSERT_EQ(answer_->exit_code, 0) << answer_->err << answer_->out; }
  static const std::string& out() { return answer_->out; }

 private:
  static JobResult* answer_;
};

JobResult* Truth::answer_ = nullptr;

std::uint64_t number(const nlohmann::json& value) {
  return value.is_string() ? std::stoull(std::string(value), nullptr, 0) : value.get<std::uint64_t>();
}

TEST_F(Truth, MemoryMapEqualsFirmwareMemmap) {
  static const std::map<std::string, std::uint64_t> kTypes = {{"System RAM", 1},
                                                              {"Reserved", 2},
                                                              {"ACPI Tables", 3},
                                                              {"ACPI Non-volatile Storage", 4},
                                                              {"Unusable memory", 5}};
  using Range = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;  // first, last, type
  std::set<Range> linux_ranges;
  for (const std::string& line : lines(section(out(), "memmap"))) {
    std::istringstream stream(line);
    std::string start;
    std::string end;
    std::string type;
    stream >> start >> end >> std::ws;
    std::getline(stream, type);
    ASSERT_TRUE(kTypes.count(type)) << type;
    linux_ranges.emplace(std::stoull(start, nullptr, 0), std::stoull(end, nullptr, 0), kTypes.at(type));
  }
  std::set<Range> bios_ranges;
  const auto map = json_section(out(), "memory-map");
  for (const auto& range : map["ranges"]) {
    const auto base = number(range["base"]);
    bios_ranges.emplace(base, base + number(range["bytes"]) - 1, number(range["type"]));
  }
  EXPECT_GE(bios_ranges.size(), 5U);
  EXPECT_EQ(bios_ranges, linux_ranges);
}

TEST_F(Truth, BaseMemoryAgreesWithTheMap) {
  const auto map = json_section(out(), "memory-map");
  const auto kib = number(json_section(out(), "equipment")["base_memory_kib"]);
  EXPECT_EQ(number(map["base_memory_kib"]), kib);
  bool ends_there = false;
  for (const auto& range : map["ranges"]) {
    ends_there = ends_there || (number(range["base"]) == 0 && number(range["type"]) == 1 &&
                                number(range["bytes"]) == kib * 1024);
  }
  EXPECT_TRUE(ends_there) << kib << " KiB, map " << map.dump();
  const auto call = json_section(out(), "call");
  EXPECT_NE(call.dump().find("027f"), std::string::npos) << "AX of a raw INT 12h: " << call.dump();
}

TEST_F(Truth, DisksAgreeWithEdd) {
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

TEST_F(Truth, SectorsReadByInt13EqualTheDisk) {
  const auto equal = lines(section(out(), "sector"));
  ASSERT_EQ(equal.size(), 3U);
  EXPECT_EQ(equal[0].rfind("0 equal ", 0), 0U);
  EXPECT_EQ(equal[2].rfind("777 equal ", 0), 0U);
  EXPECT_NE(equal[0].substr(8), equal[1].substr(8)) << "different sectors have different content";
}

TEST_F(Truth, ClockIsWithinTwoSecondsOfTheRtc) {
  const auto seconds = [](const std::string& text) {
    std::tm time{};
    std::sscanf(text.c_str(), "%d-%d-%d%*c%d:%d:%d", &time.tm_year, &time.tm_mon, &time.tm_mday,
                &time.tm_hour, &time.tm_min, &time.tm_sec);
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    return timegm(&time);
  };
  const auto bios = seconds(json_section(out(), "clock")["time"]);
  const auto rtc = seconds(lines(section(out(), "rtc")).at(0));
  EXPECT_GT(bios, 1'700'000'000) << "a date in this century";
  // Linux reads its clock after the jump back: later than the BIOS, by as long as the way back takes.
  EXPECT_LE(std::abs(rtc - bios), 2);
}

TEST_F(Truth, VideoModesComeInOneJump) {
  const auto video = json_section(out(), "video");
  EXPECT_GE(video["modes"].size(), 20U);
  for (const auto& mode : video["modes"]) {
    EXPECT_GT(number(mode["width"]), 0U) << mode.dump();
  }
}

TEST_F(Truth, LinuxIsHealthyAfterwards) {
  EXPECT_EQ(lines(section(out(), "health")), std::vector<std::string>{"HEALTHY"});
}

}  // namespace
}  // namespace kjump::tests
