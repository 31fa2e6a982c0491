// SPDX-License-Identifier: MIT
// Rule: a standalone image needs nothing of kjump at run time. The distribution's own kexec loads it, it
// prints through the BIOS, comes back, and can be entered again.
//
// The two commands are those of docs/standalone.md. `kexec -e` of kexec-tools 2.0.25 takes every return from
// reboot(2) for a failure: exit code 255 and a complaint are what success looks like.
#include <cstdio>

#include "linux/guest.hpp"
#include "linux/host_program.hpp"

namespace kjump::tests {
namespace {

TEST(StockKexec, LoadsAStandaloneImageTwiceEntered) {
  const std::string kexec = "/sbin/kexec";
  Guest guest;
  const auto artifacts = std::filesystem::temp_directory_path() / "kjump-stock-kexec";
  guest.options.machine.artifacts = artifacts;
  guest.with_image("hello_standalone");
  add_program(guest, kexec);
  const JobResult result = guest.run(std::string(kHealth) + R"sh(
health before
kexec --load-preserve-context --args-none --mem-max=0x9ffff /job/hello_standalone.kjump || exit 1
echo "== loaded"; cat /sys/kernel/kexec_loaded
echo "== busy"; kjump run /job/hello_standalone.kjump 2>&1 >/dev/null; echo $?; cat /sys/kernel/kexec_loaded
kexec -e; echo "first: $?" >&2
kexec -e; echo "second: $?" >&2
kexec -u || exit 1
echo "== health"; health after
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(lines(section(result.out, "loaded")), std::vector<std::string>{"1"});
  // Somebody else's image is neither entered nor unloaded by us.
  const auto busy = lines(section(result.out, "busy"));
  ASSERT_EQ(busy.size(), 3U) << section(result.out, "busy");
  EXPECT_NE(busy[0].find("loaded"), std::string::npos) << busy[0];
  EXPECT_EQ(busy[1], "1");
  EXPECT_EQ(busy[2], "1");
  EXPECT_EQ(lines(section(result.out, "health")), std::vector<std::string>{"HEALTHY"});

  // What the payload said stands on the serial console, once for each jump; 21 characters moved the cursor.
  std::FILE* log = std::fopen(result.console.c_str(), "rb");
  ASSERT_NE(log, nullptr) << result.console;
  std::string console(1 << 20, '\0');
  console.resize(std::fread(console.data(), 1, console.size(), log));
  std::fclose(log);
  const std::string said = "Hello from real mode. The BIOS printed it, too: its cursor moved by 21 columns.";
  const auto first = console.find(said);
  EXPECT_NE(first, std::string::npos) << console;
  EXPECT_NE(console.find(said, first + 1), std::string::npos) << "the second jump said nothing";
  std::filesystem::remove_all(artifacts);
}

}  // namespace
}  // namespace kjump::tests
