// SPDX-License-Identifier: MIT
// Rule: while a second kernel's memory is kept in the image at the kexec door, nobody else gets that door,
// and is told why; and when somebody takes the image away all the same, that is said, and nothing is entered.
#include <gmock/gmock.h>

#include "kernels_two/guest_program.hpp"
#include "kernels_two/pair.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr const char* kTried = R"sh(
tried() { name=$1; shift; echo "== $name"; "$@" 2>&1; echo "status $?, loaded $(cat /sys/kernel/kexec_loaded)"; }
run="kjump kernel run /k/bzImage --initrd /k/initrd"
)sh";

TEST(Swapped, HoldsTheDoorUntilItIsDroppedOrLost) {
  Pair pair(PairShape{.second_visit = "kjump kernel run /bin/busybox 2>&1"});
  add_c_program(pair.guest().with_image("hello_real"), "unload", kUnloadSource);
  const JobResult result = pair.run(std::string(kTried) + R"sh(
tried large $run --memory 300M --place swapped --append "$append"
tried hugepages $run --memory 400M --place hugepages --append "$append"
tried everywhere $run --memory 400M --append "$append"
echo "== pool"; grep HugePages_Total /proc/meminfo
umount /run/kjump/huge; rmdir /run/kjump/huge; mkdir -p /run/kjump; touch /run/kjump/huge  # no hugetlbfs is to be had there
tried fallback $run --memory 96M --append "$append"
tried run kjump run /job/hello_real.kjump
tried second $run --memory 96M --name other --place reserved --append "$append"
tried doctor kjump doctor
tried enter kjump kernel enter
unload; tried lost kjump kernel enter
tried status kjump kernel status
tried drop kjump kernel drop
tried again $run --memory 96M --place swapped --append "$append"
echo "== inside"; letter
kjump kernel drop; rm /run/kjump/huge
tried afterwards kjump run /job/hello_real.kjump
echo "== care"; cared 1
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const auto expect = [&](const char* name, const std::vector<const char*>& texts) {
    const std::string said = section(result.out, name);
    for (const char* text : texts) {
      EXPECT_THAT(said, HasSubstr(text)) << name;
    }
  };
  expect("large", {"cannot be swapped: kexec takes half of the memory at most", "status 1, loaded 0"});
  expect("hugepages", {"no 400 MiB in one piece", "status 1, loaded 0"});
  expect("everywhere", {"hugepages: no 400 MiB in one piece", "reserved: no memory was reserved at boot",
                        "swapped: 400 MiB cannot be swapped", "status 1, loaded 0"});
  expect("fallback",
         {"place swapped: hugepages: ", "reserved: no memory was reserved at boot; swapped at each jump",
          "status 0, loaded 1"});
  for (const char* name : {"run", "second", "doctor"}) {
    expect(name, {"the memory of second kernel second is kept in the image", "kjump kernel drop second"});
  }
  expect("run", {"status 1, loaded 1"});
  expect("enter", {"back after", "status 0, loaded 1"});
  expect("lost", {"this kernel is lost: its image has been unloaded", "kjump kernel drop second",
                  "status 1, loaded 0"});
  expect("status", {"its image has been unloaded", "status 0"});
  expect("drop", {"dropped second", "status 0, loaded 0"});
  expect("again", {"place swapped: as asked for", "status 0, loaded 1"});
  expect("inside", {"this is a second kernel itself", "kjump kernel back first"});
  expect("afterwards", {"status 0, loaded 0"});
  EXPECT_EQ(section(result.out, "care"), "OK\n");
}

// The program is killed at any moment: before the jump, while the kernels change, after it. Whatever is left
// is said by status, can be given up, and the next one starts.
TEST(NightlySwapped, SurvivesTheDeathOfWhoWaits) {
  Pair pair(PairShape{});
  pair.guest().job.limit = std::chrono::seconds(1700);
  add_c_program(pair.guest(), "unload", kUnloadSource);
  const JobResult result = pair.run(std::string(kTried) + R"sh(
deaths=0
for delay in 0.1 0.3 0.5 0.8 1 1.5 2 2.5 3; do
  $run --memory 96M --place swapped --append "$append" >/tmp/report 2>&1 & pid=$!
  sleep $delay; kill -9 $pid && deaths=$((deaths + 1)); wait $pid
  echo "killed after $delay: loaded $(cat /sys/kernel/kexec_loaded): $(kjump kernel status)"
  if [ "$(cat /sys/kernel/kexec_loaded)" = 1 ] && kjump kernel status | grep -q waits; then
    kjump kernel enter || exit 5
  fi
  if kjump kernel status | grep -q 'second kernel second'; then kjump kernel drop || exit 6; fi
  if [ "$(cat /sys/kernel/kexec_loaded)" = 1 ]; then kjump doctor >/tmp/doctor; grep -q 'kexec -u' /tmp/doctor || { cat /tmp/doctor; exit 7; }; fi
  [ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || unload || exit 8
done
echo "== deaths"; echo $deaths
echo "== care"; cared 1
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_GE(std::stoi(section(result.out, "deaths")), 3) << result.out;
  EXPECT_EQ(section(result.out, "care"), "OK\n");
}

}  // namespace
}  // namespace kjump::tests
