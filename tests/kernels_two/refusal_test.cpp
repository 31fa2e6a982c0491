// SPDX-License-Identifier: MIT
// Rule: what cannot work is refused with its reason before the jump, and the first kernel is as it was.
#include <gmock/gmock.h>

#include "kernels_two/pair.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

// Each tries something that must fail, and says what is left over of it: nothing.
constexpr const char* kRefusals = R"sh(
refused() {
  name=$1; shift
  echo "== $name"; "$@" 2>&1; echo "status $?"
  echo "left: $(cat /sys/kernel/kexec_loaded) $(grep HugePages_Total /proc/meminfo | tr -s ' ') $(find /run/kjump -type f 2>/dev/null | wc -l)"
}
run="kjump kernel run /k/bzImage --initrd /k/initrd"
refused small $run --memory 32M --append "$append"
refused no-pages $run --memory 1G --append "$append"
refused disk $run --memory 96M --append "root=$mounted $append"
head -c 100000 /k/bzImage >/k/cut; refused cut kjump kernel run /k/cut --append "$append"
refused no-kernel kjump kernel run /k/initrd --append "$append"
refused no-initrd kjump kernel run /k/bzImage --initrd /k/none --append "$append"
echo "# CONFIG_KEXEC_JUMP is not set" >/k/config; echo "CONFIG_KEXEC=y" >>/k/config
refused no-jump $run --memory 96M --append "$append"; rm /k/config
refused name $run --name ../x --append "$append"
refused unguarded $run --memory 96M --deadline 9 --append "maxcpus=2 $append"
refused long $run --append "$(head -c 3000 /dev/zero | tr '\0' x)"
refused enter kjump kernel enter
refused back kjump kernel back
refused drop kjump kernel drop
echo "== after"; cared 1
)sh";

TEST(Refusal, IsClearAndLeavesEverythingAsItWas) {
  Pair pair(PairShape{});
  const JobResult result = pair.run("mounted=" + pair.device(0) + kRefusals);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const std::pair<const char*, const char*> kWhy[] = {{"small", "too little memory for this kernel"},
                                                      {"no-pages", "MiB in one piece"},
                                                      {"disk", "in use here: it is mounted on /data"},
                                                      {"cut", "cut off"},
                                                      {"no-kernel", "no Linux kernel"},
                                                      {"no-initrd", "/k/none"},
                                                      {"no-jump", "no CONFIG_KEXEC_JUMP"},
                                                      {"name", "not a name for a kernel"},
                                                      {"unguarded", "none is left to guard it"},
                                                      {"long", "the command line has"},
                                                      {"enter", "there is no second kernel"},
                                                      {"back", "not started by another one"},
                                                      {"drop", "there is no second kernel"}};
  for (const auto& [name, why] : kWhy) {
    const std::string said = section(result.out, name);
    EXPECT_THAT(said, testing::AllOf(HasSubstr(why), HasSubstr("status 1\n"),
                                     HasSubstr("left: 0 HugePages_Total: 0 0")))
        << name;
  }
  EXPECT_EQ(section(result.out, "after"), "OK\n");
}

}  // namespace
}  // namespace kjump::tests
