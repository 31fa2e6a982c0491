// SPDX-License-Identifier: MIT
// Rule: a second kernel that has not come back at its deadline loses the processor, however it hangs; the
// first one goes on with all that it had, drops it, and starts a fresh one.
#include <gmock/gmock.h>

#include <iostream>
#include <regex>

#include "kernels_two/pair.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr double kDeadline = 6;
constexpr double kLatest = kDeadline + 2;

// In the second kernel, whose command line says how it is to hang at its second visit.
constexpr const char* kHang = R"sh(
[ $1 = 2 ] || return
payload() { printf $1 >/tmp/what; echo $(kjump run /faults.kjump --in /tmp/what --deadline 600 2>&1); }
case $(cat /proc/cmdline) in
  *hang=halt*) payload pH ;;
  *hang=spin*) payload pS ;;
  *hang=real*) payload rS ;;
  *hang=bios*) payload bk ;;
  *hang=panic*) echo c >/proc/sysrq-trigger ;;
  *hang=sleep*) sleep 100000 ;;
  *hang=disk*) while :; do dd if=/dev/urandom of=/data/more bs=64k count=200 conv=fsync; done >/dev/null 2>&1 ;;
esac
)sh";

// In the first one. The last `panic=` of a command line counts.
constexpr const char* kRescues = R"sh(
start() { kjump kernel run /k/bzImage --initrd /k/initrd --deadline 240 $options --append "$append panic=0 $1" 2>&1; echo "status $?"; }
for kind in $kinds; do
  echo "== run-$kind"; start hang=$kind; echo "A $(cared 1)"; echo "B $(letter)"
  echo "== hung-$kind"; kjump kernel enter --deadline 6 2>&1 && echo "B $(letter)"; echo "status $?"; echo "A $(cared 2)"
  echo "== status-$kind"; kjump kernel status --json
  echo "== enter-$kind"; kjump kernel enter 2>&1; echo "status $?"
  echo "== drop-$kind"; kjump kernel drop; cat /sys/kernel/kexec_loaded
done
echo "== run-fresh"; start; echo "A $(cared 3)"; echo "B $(letter)"
echo "== end"; kjump kernel drop; kill $counter; wait $counter 2>/dev/null; umount /data && echo unmounted
)sh";

void expect_boot(const std::string& out, const std::string& kind) {
  EXPECT_THAT(section(out, "run-" + kind),
              testing::AllOf(HasSubstr("back after"), HasSubstr("status 0\nA OK\nB visit 1: OK; 1; ")));
}

void expect_rescue(const std::string& out, const std::string& kind) {
  const std::string hung = section(out, "hung-" + kind);
  EXPECT_THAT(hung, testing::AllOf(HasSubstr("did not come back within 6 s and is lost"),
                                   HasSubstr("kjump kernel drop"), testing::EndsWith("status 1\nA OK\n")));
  std::smatch away;
  ASSERT_TRUE(std::regex_search(hung, away, std::regex("after ([0-9.]+) s"))) << hung;
  std::cout << kind << ": taken back after " << away[1] << " s\n";
  EXPECT_GE(std::stod(away[1]), kDeadline);
  EXPECT_LE(std::stod(away[1]), kLatest);
  const auto known = json_section(out, "status-" + kind)["kernels"][0];
  EXPECT_EQ(known["waits"], false);
  EXPECT_THAT(std::string(known["lost"]), HasSubstr("overdue"));
  EXPECT_THAT(section(out, "enter-" + kind),
              testing::AllOf(HasSubstr("cannot be entered again"), HasSubstr("status 1\n")));
  EXPECT_THAT(section(out, "drop-" + kind),
              testing::AllOf(testing::StartsWith("dropped second"), testing::EndsWith("\n0\n")));
}

struct Rescues {
  const char* name;
  std::vector<std::string> kinds;
  PairShape shape;
  const char* options = "--memory 96M --place hugepages";
};

void PrintTo(const Rescues& rescues, std::ostream* out) {
  *out << rescues.name;
}

void expect_rescues(const Rescues& rescues) {
  PairShape shape = rescues.shape;
  shape.second_visit = kHang;
  Pair pair(shape);
  pair.guest().with_file(KJUMP_FAULTS, "/b/faults.kjump");
  pair.guest().job.limit = std::chrono::seconds(560 + 300 * (rescues.kinds.size() - 1));
  std::string script = "options='" + std::string(rescues.options) + "'; kinds='";
  for (const std::string& kind : rescues.kinds) {
    script += kind + " ";
  }
  const JobResult result = pair.run(script + "'\n" + kRescues);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const std::string& kind : rescues.kinds) {
    SCOPED_TRACE(kind);
    expect_boot(result.out, kind);
    expect_rescue(result.out, kind);
  }
  expect_boot(result.out, "fresh");
  EXPECT_THAT(section(result.out, "end"), HasSubstr("unmounted"));
  pair.disks().expect_clean();
}

TEST(Guard, RescuesTheFirstKernelFromOneThatHaltsWithInterruptsOff) {
  expect_rescues({"halt", {"halt"}, {}});
}

class NightlyGuard : public testing::TestWithParam<Rescues> {};

TEST_P(NightlyGuard, RescuesTheFirstKernel) {
  expect_rescues(GetParam());
}

const Rescues kRescuesOf[] = {
    {"v6_12_however_it_hangs", {"spin", "real", "bios", "panic", "sleep", "disk"}, {}},
    {"v6_1", {"halt", "panic"}, {.first = "6.1", .second = "6.1"}},
    {"v6_12_and_v6_1", {"halt", "panic"}, {.second = "6.1"}},
    {"q35_ahci", {"disk"}, {.machine = "q35", .bus = DiskBus::kAhci}},
    {"q35_nvme", {"disk"}, {.machine = "q35", .bus = DiskBus::kNvme}},
    {"processor_without_arat", {"spin", "halt"}, {.cpu = "qemu64"}},
    {"four_levels_and_five", {"halt"}, {.append = "no5lvl"}},
    {"memory_above_4_gib", {"halt"}, {.memory_mib = 6144}},
    {"crashkernel", {"halt"}, {.append = "crashkernel=96M"}, "--memory 96M --place reserved"},
};

INSTANTIATE_TEST_SUITE_P(Hangs, NightlyGuard, testing::ValuesIn(kRescuesOf),
                         [](const auto& rescues) { return std::string(rescues.param.name); });

}  // namespace
}  // namespace kjump::tests
