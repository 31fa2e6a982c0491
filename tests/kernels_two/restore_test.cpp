// SPDX-License-Identifier: MIT
// Rule: a first kernel that its second one has saved goes on in a new machine with its processes, files,
// disks and network, and changes places with the kernel that has restored it as it did with its second one.
#include <gmock/gmock.h>

#include "kernels_two/revival.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

/// A enters B, which saves it and switches the machine off; when A goes on it has come back, and goes there
/// three times more.
constexpr const char* kLifeOfA = R"sh(
echo "== start"; kjump kernel run /k/bzImage --initrd /k/initrd --append "$append role=save" $options 2>&1 || exit 3
echo "== visits"; echo "A $(cared 1)"; echo "B $(letter)"
for i in 2 3 4; do
  kjump kernel enter >/tmp/report 2>&1 || { cat /tmp/report; exit 4; }
  echo "A $(cared $i)"; echo "B $(letter)"
done
echo "== status"; kjump kernel status --json
echo "== drop"; kjump kernel drop
kill $counter; wait $counter 2>/dev/null; umount /data && echo "== unmounted"
)sh";

std::string life_of_a(const std::string& options = kInReservation) {
  return "options='" + options + "'\n" + kLifeOfA;
}

void expect_life(Revival& revival, const JobResult& result) {
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const std::vector<std::string> visits = lines(section(result.out, "visits"));
  ASSERT_EQ(visits.size(), 8U) << result.out;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(visits[2 * i], "A OK");
    EXPECT_THAT(visits[2 * i + 1], testing::StartsWith("B visit " + std::to_string(i + 1) + ": OK; 1; "));
  }
  EXPECT_THAT(visits[1], HasSubstr("is in memory again"));
  const nlohmann::json status = json_section(result.out, "status");
  EXPECT_EQ(status["side"], "first");
  ASSERT_EQ(status["kernels"].size(), 1U);
  EXPECT_TRUE(status["kernels"][0]["waits"].get<bool>());
  EXPECT_THAT(result.out, HasSubstr("== unmounted"));
  const std::string check =
      "/sbin/e2fsck -fn '" + revival.pair().disks().path("a").string() + "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

constexpr const char* kRestore = "kjump kernel restore $dump 2>&1 || { echo 'not restored'; sleep 1000; }";

TEST(Restore, AFirstKernelGoesOnFromACopyOfVmcore) {
  Revival revival({.memory_mib = 320}, "umount /data; cp /proc/vmcore $dump && sync && poweroff -f",
                  kRestore);
  ASSERT_TRUE(revival.save(life_of_a()));
  expect_life(revival, revival.restore());
}

}  // namespace
}  // namespace kjump::tests
