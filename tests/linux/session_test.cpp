// SPDX-License-Identifier: MIT
// Rule: a session leaves nothing behind. Another session in the same boot, with another image, works; after
// each, no image is loaded and the exchange's memory is as it was; payload memory persists only within one.
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

TEST(Session, AnotherSessionWithAnotherImage) {
  Guest guest;
  guest.with_image("hello_real").with_image("memory_map");
  const JobResult result = guest.run(std::string(kHealth) + R"sh(
health before
echo "== first"; kjump run /job/hello_real.kjump --json || exit 1
echo "== between"; cat /sys/kernel/kexec_loaded
echo "== second"; kjump run /job/memory_map.kjump --jumps 2 --json || exit 1
echo "== third"; kjump run /job/hello_real.kjump --out /tmp/reply --json || exit 1
echo "== reply"; hexdump -e '4/1 "%02x" "\n"' /tmp/reply
echo "== health"; health after
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(json_section(result.out, "first")["jumps"].size(), 1U);
  EXPECT_EQ(lines(section(result.out, "between")), std::vector<std::string>{"0"});
  const auto second = json_section(result.out, "second");
  ASSERT_EQ(second["jumps"].size(), 2U);
  EXPECT_EQ(second["jumps"][0]["reply"], second["jumps"][1]["reply"]) << "the same map each time";
  EXPECT_NE(std::string(second["jumps"][0]["console"]).find("memory"), std::string::npos);
  EXPECT_EQ(lines(section(result.out, "reply")), std::vector<std::string>{"7f020000"}) << "639 KiB";
  EXPECT_EQ(lines(section(result.out, "health")), std::vector<std::string>{"HEALTHY"});
}

}  // namespace
}  // namespace kjump::tests
