// SPDX-License-Identifier: MIT
// Rule: a first kernel that its second one has saved goes on in a new machine with its processes, files,
// disks and network, and changes places with the kernel that has restored it as it did with its second one.
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "kernels_two/revival.hpp"
#include "linux/host_program.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

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

/// In one line, as letters are.
std::string restore_from(const std::string& dump) {
  return "said=$(kjump kernel restore " + dump +
         " 2>&1) || { echo \"not restored: $said\"; sleep 1000; }; echo $said\n";
}

TEST(Restore, AFirstKernelGoesOnFromACopyOfVmcore) {
  Revival revival({.memory_mib = 320}, "umount /data; cp /proc/vmcore $dump && sync && poweroff -f",
                  restore_from("$dump"));
  ASSERT_TRUE(revival.save(life_of_a()));
  expect_life(revival, revival.restore());
}

constexpr const char* kMakedumpfile = "/usr/bin/makedumpfile";
constexpr const char* kMountDump =
    "mkdir -p /dump; mount -t ext4 $dump /dump || { echo 'no disk'; return; }\n";

struct Level {
  const char* name;
  const char* options;
};

void PrintTo(const Level& level, std::ostream* out) {
  *out << level.name;
}

class NightlyRestoreFormats : public testing::TestWithParam<Level> {};

TEST_P(NightlyRestoreFormats, AFirstKernelGoesOnFromWhatMakedumpfileMade) {
  const std::string save = std::string(kMountDump) + "/usr/bin/makedumpfile " + GetParam().options +
                           " /proc/vmcore /dump/d && umount /dump /data && sync && poweroff -f";
  const std::string restore = std::string(kMountDump) + restore_from("/dump/d") + "umount /dump";
  Revival revival({.memory_mib = 320}, save, restore);
  add_program(revival.pair().guest(), kMakedumpfile, "/b");
  ASSERT_TRUE(revival.save(life_of_a()));
  expect_life(revival, revival.restore());
}

INSTANTIATE_TEST_SUITE_P(Kernels, NightlyRestoreFormats,
                         testing::Values(Level{"elf_1", "-E -d 1"}, Level{"elf_16", "-E -d 16"},
                                         Level{"elf_17", "-E -d 17"}, Level{"zlib_0", "-c -d 0"},
                                         Level{"zlib_17", "-c -d 17"}),
                         [](const auto& level) { return std::string(level.param.name); });

// C's visits: each dump that must be refused, then the kernel that started C, which is unharmed; then a
// restore that is killed while it writes, after which nobody can be entered; and the same once more.
constexpr const char* kSaveForRefusals = R"sh(
/usr/bin/makedumpfile -c -d 17 /proc/vmcore /dump/good && /usr/bin/makedumpfile -c -d 31 /proc/vmcore /dump/d31 &&
/usr/bin/makedumpfile -E -d 31 /proc/vmcore /dump/e31 && /usr/bin/makedumpfile -l -d 17 /proc/vmcore /dump/lzo &&
umount /dump /data && sync && poweroff -f
)sh";

constexpr const char* kRefuse = R"sh(
size=$(stat -c %s /dump/good)
try() { name=$1; shift; echo "== $name"; kjump kernel restore "$@" 2>&1; echo "status $?"; }
{
  try level-31 /dump/d31
  try elf-31 /dump/e31
  try lzo /dump/lzo
  head -c $((size - 5000000)) /dump/good >/dump/cut; try cut /dump/cut; rm /dump/cut
  cp /dump/good /dump/flipped
  printf 'abcdefgh' | dd of=/dump/flipped bs=1 seek=$((size - 2000000)) conv=notrunc 2>/dev/null
  try flipped /dump/flipped; rm /dump/flipped
  try foreign /proc/kcore
  try nothing /proc
  try missing /dump/none
} >/dump/refused
kjump kernel back >>/dump/refused 2>&1
kjump kernel restore /dump/good >/dev/null 2>&1 &
restorer=$!
while kjump kernel status | grep -q 'this is the second kernel'; do sleep 0.1; done
kill -9 $restorer; wait $restorer
echo "== killed" >>/dump/refused
kjump kernel back >>/dump/refused 2>&1; echo "status $?" >>/dump/refused
)sh";

TEST(NightlyRestore, WhatCannotBeRestoredIsRefusedAndNothingIsHarmed) {
  Revival revival({.memory_mib = 320}, std::string(kMountDump) + kSaveForRefusals,
                  std::string(kMountDump) + kRefuse + restore_from("/dump/good") + "umount /dump", 1024);
  add_program(revival.pair().guest(), kMakedumpfile, "/b");
  ASSERT_TRUE(revival.save(life_of_a()));
  // C1 comes back once, unharmed, and enters C again.
  expect_life(revival, revival.restore(std::string(Revival::kStartRestorer) + "kjump kernel enter\n"));
  const std::string refused = read_text(revival.pair().disks().dumped("refused"));
  const std::pair<const char*, const char*> kWhy[] = {{"level-31", "taken with makedumpfile -d 31"},
                                                      {"elf-31", "nothing shows that only zeros were"},
                                                      {"lzo", "compressed with LZO"},
                                                      {"cut", "cut off"},
                                                      {"flipped", "damaged"},
                                                      {"foreign", "kcore"},
                                                      {"nothing", "neither a file nor a block device"},
                                                      {"missing", "/dump/none"}};
  for (const auto& [name, why] : kWhy) {
    EXPECT_THAT(section(refused, name), testing::AllOf(HasSubstr(why), HasSubstr("status 1\n"))) << name;
  }
  EXPECT_THAT(section(refused, "missing"), HasSubstr("back after"));
  EXPECT_THAT(section(refused, "killed"), HasSubstr("status 1\n"));
}

// Another machine: each difference is named, and the kernel there goes on.
TEST(NightlyRestore, AnotherMachineIsRefused) {
  Revival revival({.memory_mib = 320}, "umount /data; cp /proc/vmcore $dump && sync && poweroff -f",
                  "echo $(kjump kernel restore $dump 2>&1)");
  ASSERT_TRUE(revival.save(life_of_a()));
  const std::string script = "options='" + std::string(kAtReservation) + R"sh('
kjump kernel run /k/bzImage --initrd /k/initrd --append "$append role=restore" $options >/dev/null 2>&1 || exit 3
letter
)sh";
  const auto refusal = [&](auto change) {
    LinuxVmOptions options = revival.second_options();
    change(options);
    return revival.run_anew(script, options).out;
  };
  EXPECT_THAT(refusal([](LinuxVmOptions& o) { o.machine.memory_mib = 384; }),
              HasSubstr("the firmware's memory map has"));
  EXPECT_THAT(refusal([](LinuxVmOptions& o) { o.machine.cpu_model = "Nehalem"; }),
              HasSubstr("the processor lacks features"));
  EXPECT_THAT(refusal([](LinuxVmOptions& o) { o.extra_command_line = kReservation; }),
              HasSubstr("boot it with maxcpus=1"));
}

}  // namespace
}  // namespace kjump::tests
