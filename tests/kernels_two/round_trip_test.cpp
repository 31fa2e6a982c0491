// SPDX-License-Identifier: MIT
// Rule: two kernels with processes, disks and network each go on as if nothing had happened, however often the
// processor changes between them; and what would go wrong is refused before anything is touched.
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

void expect_round_trips(Pair& pair, const std::string& script, int times, const std::string& second_release) {
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
  EXPECT_EQ(status["kernels"].size(), 1U);
  EXPECT_EQ(status["kernels"][0]["crossings"], 2 * times);
  EXPECT_THAT(section(result.out, "drop"),
              testing::AllOf(testing::StartsWith("dropped second"), testing::HasSubstr("HugePages_Total:       0"),
                             testing::HasSubstr("HugePages_Surp:        0"), testing::EndsWith("\n0\n")));
  EXPECT_THAT(result.out, testing::HasSubstr("== unmounted"));
  pair.disks().expect_clean();
}

constexpr const char* kInHugePages = "--memory 96M --place hugepages";

TEST(RoundTrip, TenTimesInHugePages) {
  Pair pair(PairShape{});
  constexpr int kTimes = 10;
  expect_round_trips(pair, round_trips(kTimes, kInHugePages), kTimes, "6.12");
}

TEST(NightlyRoundTrip, AHundredTimesInHugePages) {
  Pair pair(PairShape{});
  pair.guest().job.limit = std::chrono::seconds(1500);
  constexpr int kTimes = 100;
  expect_round_trips(pair, round_trips(kTimes, kInHugePages), kTimes, "6.12");
}

}  // namespace
}  // namespace kjump::tests
