// SPDX-License-Identifier: MIT
// Rule: two kernels with processes, disks and network each go on as if nothing had happened, however often
// the processor changes between them; and what would go wrong is refused before anything is touched.
#include <gmock/gmock.h>

#include "kernels_two/pair.hpp"

namespace kjump::tests {
namespace {

// `times` visits of the second kernel, the first of which is its boot.
std::string round_trips(int times, const std::string& options) {
  return "options='" + options + "'; times=" + std::to_string(times) + "\n" + R"sh(
echo "== start"; kjump kernel run /k/bzImage --initrd /k/initrd --append "$append" $options >/tmp/report 2>&1
status=$?; [ $status = 0 ] || { cat /tmp/report; exit 3; }; cat /tmp/report
echo "== visits"; echo "A $(cared 1)"; echo "B $(letter)"
for i in $(seq 2 $times); do
  kjump kernel enter >/tmp/report 2>&1 || { cat /tmp/report; exit 4; }
  echo "A $(cared $i)"; echo "B $(letter)"
done
echo "== status"; kjump kernel status --json
echo "== drop"; kjump kernel drop; grep -E 'HugePages_(Total|Surp)' /proc/meminfo; cat /sys/kernel/kexec_loaded
kill $counter; wait $counter 2>/dev/null; umount /data && echo "== unmounted"
)sh";
}

void expect_round_trips(Pair& pair, const std::string& script, int times, const std::string& second_release,
                        const std::string& place = "hugepages") {
  const JobResult result = pair.run(script);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const std::vector<std::string> visits = lines(section(result.out, "visits"));
  ASSERT_EQ(visits.size(), static_cast<std::size_t>(2 * times)) << result.out;
  for (int i = 0; i < times; ++i) {
    const auto at = static_cast<std::size_t>(2 * i);
    EXPECT_EQ(visits[at], "A OK");
    EXPECT_THAT(visits[at + 1],
                testing::StartsWith("B visit " + std::to_string(i + 1) + ": OK; 1; " + second_release));
  }
  const nlohmann::json status = json_section(result.out, "status");
  EXPECT_EQ(status["side"], "first");
  ASSERT_EQ(status["kernels"].size(), 1U);
  EXPECT_EQ(status["kernels"][0]["place"], place);
  EXPECT_EQ(status["kernels"][0]["crossings"], 2 * times);
  EXPECT_THAT(
      section(result.out, "drop"),
      testing::AllOf(testing::StartsWith("dropped second"), testing::HasSubstr("HugePages_Total:       0"),
                     testing::HasSubstr("HugePages_Surp:        0"), testing::EndsWith("\n0\n")));
  EXPECT_THAT(result.out, testing::HasSubstr("== unmounted"));
  pair.disks().expect_clean();
}

constexpr const char* kInHugePages = "--memory 96M --place hugepages";
constexpr const char* kSwapped = "--memory 96M --place swapped";

TEST(RoundTrip, TenTimesInHugePages) {
  Pair pair(PairShape{});
  constexpr int kTimes = 10;
  expect_round_trips(pair, round_trips(kTimes, kInHugePages), kTimes, "6.12");
}

TEST(NightlyRoundTrip, AHundredTimesInHugePages) {
  Pair pair(PairShape{});
  pair.guest().job.limit = std::chrono::seconds(3400);
  constexpr int kTimes = 100;
  expect_round_trips(pair, round_trips(kTimes, kInHugePages), kTimes, "6.12");
}

TEST(RoundTrip, ThreeTimesSwapped) {
  Pair pair(PairShape{});
  constexpr int kTimes = 3;
  expect_round_trips(pair, round_trips(kTimes, kSwapped), kTimes, "6.12", "swapped");
}

TEST(NightlyRoundTrip, AHundredTimesSwapped) {
  Pair pair(PairShape{});
  pair.guest().job.limit = std::chrono::seconds(3400);
  constexpr int kTimes = 100;
  expect_round_trips(pair, round_trips(kTimes, kSwapped), kTimes, "6.12", "swapped");
}

struct Machine {
  const char* name;
  PairShape shape;
  const char* options;
  const char* place;
};

void PrintTo(const Machine& machine, std::ostream* out) {
  *out << machine.name;
}

constexpr Machine kMachines[] = {
    {"v6_12_and_v6_1", {.first = "6.12", .second = "6.1"}, kInHugePages, "hugepages"},
    {"v6_1_and_v6_12", {.first = "6.1", .second = "6.12"}, kInHugePages, "hugepages"},
    {"v6_1_both", {.first = "6.1", .second = "6.1"}, kInHugePages, "hugepages"},
    {"four_levels_and_five", {.append = "no5lvl"}, kInHugePages, "hugepages"},
    {"five_levels_and_four", {.second_append = "no5lvl"}, kInHugePages, "hugepages"},
    {"memmap", {.append = "memmap=96M$0x8000000"}, "--memory 96M --place reserved", "reserved"},
    {"crashkernel", {.append = "crashkernel=96M"}, "--memory 96M --place reserved", "reserved"},
    {"large_memory",
     {.memory_mib = 5120, .append = "memmap=96M$0x8000000"},
     "--memory 96M --place reserved",
     "reserved"},
    {"swapped_v6_12_and_v6_1", {.first = "6.12", .second = "6.1"}, kSwapped, "swapped"},
    {"swapped_v6_1_and_v6_12", {.first = "6.1", .second = "6.12"}, kSwapped, "swapped"},
    {"swapped_v6_1_both", {.first = "6.1", .second = "6.1"}, kSwapped, "swapped"},
    // Its other processors are parked in MWAIT, not in HLT as an AMD's are.
    {"swapped_mwait", {.cpu = "max,vendor=GenuineIntel"}, kSwapped, "swapped"},
    {"swapped_large_memory", {.memory_mib = 5120}, kSwapped, "swapped"},
    {"q35_ahci", {.machine = "q35", .bus = DiskBus::kAhci}, kInHugePages, "hugepages"},
    {"q35_nvme", {.machine = "q35", .bus = DiskBus::kNvme}, kInHugePages, "hugepages"},
};

class NightlyMachines : public testing::TestWithParam<Machine> {};

TEST_P(NightlyMachines, GoToAndFro) {
  const Machine& machine = GetParam();
  Pair pair(machine.shape);
  constexpr int kTimes = 5;
  expect_round_trips(pair, round_trips(kTimes, machine.options), kTimes, machine.shape.second, machine.place);
}

INSTANTIATE_TEST_SUITE_P(Kernels, NightlyMachines, testing::ValuesIn(kMachines),
                         [](const auto& machine) { return std::string(machine.param.name); });

}  // namespace
}  // namespace kjump::tests
