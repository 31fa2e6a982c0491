// SPDX-License-Identifier: MIT
// Rule: on a machine that EFI firmware without BIOS services has booted, whatever needs the BIOS is refused
// with one message and leaves no trace; a payload that needs none runs, and a hang in it is stopped.
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

constexpr const char* kFirmware = "/usr/share/ovmf/OVMF.fd";  // Debian's package ovmf

constexpr const char* kScript = R"sh(
[ -d /sys/firmware/efi ] || { echo "not booted by EFI"; exit 2; }
health before
kjump run /job/hello_real.kjump >/tmp/out 2>/tmp/err; status=$?; echo "== run"; echo $status; cat /tmp/err
kjump bios memory-map >/tmp/out 2>/tmp/err; status=$?; echo "== typed"; echo $status; cat /tmp/err
printf n >/tmp/what
echo "== physical"; kjump run /job/no_bios.kjump --in /tmp/what --json
echo "== long"; kjump run /job/long_hello.kjump --in /tmp/what --json
printf pS >/tmp/what
echo "== hang"; kjump run /job/no_bios.kjump --in /tmp/what --deadline 0.4 --json
echo "== health"; health after
)sh";

TEST(Efi, PayloadsThatNeedNoBiosRunAndOthersAreRefused) {
  Guest guest("debian");
  guest.options.machine.machine = "q35";
  guest.options.machine.memory_mib = 512;
  guest.options.machine.extra_arguments = {"-bios", kFirmware};
  guest.with_image("hello_real").with_file(KJUMP_NO_BIOS, "/job/no_bios.kjump");
  guest.with_file(KJUMP_LONG_HELLO, "/job/long_hello.kjump");
  const JobResult result = guest.run(std::string(kHealth) + kScript);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const char* refused : {"run", "typed"}) {
    const auto said = lines(section(result.out, refused));
    ASSERT_EQ(said.size(), 2U) << section(result.out, refused);
    EXPECT_EQ(said[0], "1");
    EXPECT_NE(said[1].find("booted by EFI without CSM: there are no BIOS services"), std::string::npos)
        << said[1];
  }
  const auto physical = json_section(result.out, "physical");
  ASSERT_EQ(physical["jumps"].size(), 1U) << physical.dump();
  EXPECT_EQ(physical["jumps"][0]["outcome"], "returned");
  EXPECT_EQ(physical["jumps"][0]["status"], 1);
  // Its status is the length of its request.
  EXPECT_EQ(json_section(result.out, "long")["jumps"][0]["status"], 1);
  EXPECT_EQ(json_section(result.out, "hang")["jumps"][0]["outcome"], "timeout");
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

}  // namespace
}  // namespace kjump::tests
