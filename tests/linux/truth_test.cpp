// SPDX-License-Identifier: MIT
// Rule: what the BIOS tells a payload that Linux jumped into equals what Linux itself has on record about the
// same machine: memory map, clock, base memory, through either door. One guest for each, every comparison.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <tuple>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

const char* const kScript = R"sh(
echo "== memory-map"; kjump bios memory-map $door --json || exit 1
echo "== memmap"
for d in /sys/firmware/memmap/*; do echo "$(cat $d/start) $(cat $d/end) $(cat $d/type)"; done
echo "== clock"; kjump bios clock $door --json || exit 1
echo "== rtc"; echo "$(cat /sys/class/rtc/rtc0/date) $(cat /sys/class/rtc/rtc0/time)"
echo "== equipment"; kjump bios equipment $door --json || exit 1
echo "== video"; kjump bios video-modes $door --json || exit 1
echo "== call"; kjump bios call 0x12 $door --json || exit 1
echo "== health"; health after
)sh";

using Way = std::pair<std::string, std::string>;  // kernel, door

JobResult ask(const Way& way) {
  Guest guest(way.first);
  guest.options.machine.cpus = 2;
  return guest.run(std::string(kHealth) + "health before\ndoor='--door " + way.second + "'\n" + kScript);
}

class Truth : public testing::TestWithParam<Way> {
 protected:
  static void TearDownTestSuite() { answers().clear(); }
  void SetUp() override {
    const auto [found, fresh] = answers().try_emplace(GetParam());
    answer_ = &found->second;
    if (fresh) {
      *answer_ = ask(GetParam());
    }
    ASSERT_EQ(answer_->exit_code, 0) << answer_->err << answer_->out;
  }
  const std::string& out() const { return answer_->out; }

 private:
  static std::map<Way, JobResult>& answers() {
    static std::map<Way, JobResult> all;
    return all;
  }
  JobResult* answer_ = nullptr;
};

std::uint64_t number(const nlohmann::json& value) {
  return value.is_string() ? std::stoull(std::string(value), nullptr, 0) : value.get<std::uint64_t>();
}

TEST_P(Truth, MemoryMapEqualsFirmwareMemmap) {
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

TEST_P(Truth, BaseMemoryAgreesWithTheMap) {
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

TEST_P(Truth, ClockIsWithinTwoSecondsOfTheRtc) {
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

TEST_P(Truth, VideoModesComeInOneJump) {
  const auto video = json_section(out(), "video");
  EXPECT_GE(video["modes"].size(), 20U);
  for (const auto& mode : video["modes"]) {
    EXPECT_GT(number(mode["width"]), 0U) << mode.dump();
  }
}

TEST_P(Truth, LinuxIsHealthyAfterwards) {
  EXPECT_EQ(lines(section(out(), "health")), std::vector<std::string>{"HEALTHY"});
}

std::string name_of(const testing::TestParamInfo<Way>& way) {
  static const std::map<std::string, std::string> kNames = {
      {"6.12", "v6_12"},         {"6.12-i386", "v6_12_i386"},
      {"6.1-i386", "v6_1_i386"}, {"debian-i386", "debian_v6_1_i386"},
      {"debian", "debian_v6_1"}, {"debian-6.12", "debian_v6_12"}};
  return kNames.at(way.param.first) + "_" + way.param.second;
}

INSTANTIATE_TEST_SUITE_P(Ways, Truth,
                         testing::Values(Way{"6.12", "kexec"}, Way{"debian", "wake"},
                                         Way{"debian-6.12", "wake"}, Way{"6.12-i386", "kexec"},
                                         Way{"6.1-i386", "kexec"}, Way{"debian-i386", "wake"}),
                         name_of);

}  // namespace
}  // namespace kjump::tests
