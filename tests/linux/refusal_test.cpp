// SPDX-License-Identifier: MIT
// Rule: a jump that cannot be is refused with one precise message, exit code 1, and the machine untouched: no
// image loaded, nothing of ours left in the kernel.
#include <algorithm>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

struct Refusal {
  const char* name;
  const char* append;  ///< kernel command line
  const char* before;  ///< shell, run first
  const char* command;
  const char* message;  ///< what the one line on stderr must contain
};

/// hello_real with a note that claims format version 2.
GuestFile newer_image() {
  auto file =
      GuestFile::copy_of(std::filesystem::path(KJUMP_IMAGES) / "hello_real.kjump", "/job/newer.kjump");
  EXPECT_TRUE(file) << file.error().text();
  const std::string name("KJUMP\0\0\0", 8);  // the note's name, padded; its descriptor follows
  std::string text(file->content.size(), '\0');
  std::transform(file->content.begin(), file->content.end(), text.begin(),
                 [](std::byte b) { return static_cast<char>(b); });
  const auto at = text.find(name);
  EXPECT_NE(at, std::string::npos);
  file->content.at(at + name.size()) = std::byte{2};
  return *file;
}

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, WithOneMessageAndAnUntouchedMachine) {
  const Refusal& refusal = GetParam();
  Guest guest;
  guest.options.extra_command_line = refusal.append;
  guest.with_image("hello_real");
  guest.job.files.push_back(newer_image());
  const JobResult result = guest.run(std::string(refusal.before) + R"sh(
cat /sys/kernel/kexec_loaded >/tmp/loaded-before
)sh" + refusal.command + R"sh( >/tmp/out 2>/tmp/err; code=$?
echo "== code"; echo $code
echo "== err"; cat /tmp/err
echo "== loaded"; cmp /tmp/loaded-before /sys/kernel/kexec_loaded && echo same
echo "== doctor"; kjump doctor >/tmp/doctor; echo $?
echo "== suspend"; dmesg | grep -c 'Disabling non-boot CPUs\|Freezing user space'
[ -z "$!" ] || { kill $!; wait; }
)sh");
  EXPECT_EQ(result.exit_code == 0 || result.exit_code == 1, true) << result.err;
  EXPECT_EQ(lines(section(result.out, "code")), std::vector<std::string>{"1"});
  const auto messages = lines(section(result.out, "err"));
  ASSERT_EQ(messages.size(), 1U) << section(result.out, "err");
  EXPECT_EQ(messages[0].rfind("kjump: ", 0), 0U) << messages[0];
  EXPECT_NE(messages[0].find(refusal.message), std::string::npos) << messages[0];
  EXPECT_EQ(lines(section(result.out, "loaded")), std::vector<std::string>{"same"});
  if (std::string(refusal.name) != "exchange_in_use") {  // there, the other session jumps all the time
    EXPECT_EQ(lines(section(result.out, "suspend")), std::vector<std::string>{"0"})
        << "devices were suspended";
  }
}

constexpr const char* kRun = "kjump run /job/hello_real.kjump";
// By itself kjump would go through the wake door instead.
constexpr const char* kRunByKexec = "kjump run /job/hello_real.kjump --door kexec";
// A broken image, too: its hash is looked at first.
constexpr const char* kRunPinned =
    "kjump run /job/newer.kjump --sha256 0000000000000000000000000000000000000000000000000000000000000000";

INSTANTIATE_TEST_SUITE_P(
    Reasons, Refused,
    testing::Values(Refusal{"not_root", "", "echo nobody:x:65534:65534::/:/bin/sh >/etc/passwd",
                            "su nobody -c 'kjump run /job/hello_real.kjump'", "root"},
                    Refusal{"lockdown", "lockdown=integrity", "", kRun, "lockdown"},
                    Refusal{"switched_off", "", "echo 1 >/proc/sys/kernel/kexec_load_disabled", kRunByKexec,
                            "kexec_load_disabled"},
                    Refusal{"limit_used_up", "", "echo 0 >/proc/sys/kernel/kexec_load_limit_reboot",
                            kRunByKexec, "limit"},
                    Refusal{"newer_format", "", "", "kjump run /job/newer.kjump", "newer"},
                    Refusal{"exchange_in_use", "",
                            "kjump run /job/hello_real.kjump --jumps 1000 >/dev/null &\nsleep 1", kRun,
                            "in use"},
                    Refusal{"another_hash", "", "", kRunPinned, "not the image that was pinned"},
                    Refusal{"no_such_file", "", "", "kjump run /job/absent.kjump", "No such file"}),
    [](const testing::TestParamInfo<Refusal>& refusal) { return std::string(refusal.param.name); });

// Where kexec is all that is closed and nobody asked for it, there is no need to refuse.
TEST(NotRefused, SwitchedOffKexecGoesThroughTheWakeDoor) {
  Guest guest;
  guest.with_image("hello_real");
  const JobResult result = guest.run(R"sh(
echo 1 >/proc/sys/kernel/kexec_load_disabled
echo "== report"; kjump run /job/hello_real.kjump --json
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  const auto report = json_section(result.out, "report");
  EXPECT_EQ(report["door"], "wake");
  const std::string reason = report["door_reason"];
  EXPECT_NE(reason.find("the kexec door is closed: "), std::string::npos) << reason;
  EXPECT_EQ(report["jumps"].size(), 1U);
  EXPECT_EQ(report["jumps"][0]["outcome"], "returned");
}

}  // namespace
}  // namespace kjump::tests
