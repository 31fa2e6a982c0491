// SPDX-License-Identifier: MIT
// Rule: a payload or firmware that faults or hangs, through either door, comes back to a healthy Linux with a
// report of what and where; one boot survives all of it, one after the other.
#include <algorithm>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

struct Way {
  std::string kernel;
  std::string door;
  bool hpet = true;  ///< without: the watchdog's NMI is the real-time clock's or the PIT's
};

struct Case {
  const char* request;
  const char* outcome;
  const char* vector;
  const char* place;  ///< the symbol
};

// See tests/vm/payloads/faults.cpp.
constexpr Case kCases[] = {{"pu", "fault", "0x6", "kjump_main"},
                           {"rd", "fault", "0x0", "callee_faults"},
                           {"po", "fault", "0x1", "kjump_main"},
                           {"rO", "fault", "0x1", "callee_faults"},
                           {"pS", "timeout", "0x2", "kjump_main"},
                           {"rS", "timeout", "0x2", "callee_faults"},
                           {"rI", "timeout", "0x100", "callee_faults"},
                           {"pH", "timeout", "0x2", "kjump_main"},
                           {"bk", "timeout", "0x100", ""},
                           {"rS", "timeout", "0x2", "callee_faults"}};

class FaultThroughDoor : public testing::TestWithParam<Way> {};

TEST_P(FaultThroughDoor, LinuxGoesOnAfterEach) {
  const auto& [kernel, door, hpet] = GetParam();
  Guest guest(kernel);
  guest.options.machine.cpus = 2;
  guest.options.machine.hpet = hpet;
  guest.with_file(KJUMP_FAULTS, "/job/test_faults.kjump").with_image("hello_real");
  std::string script = std::string(kHealth) + "health before\n";
  int number = 0;
  for (const Case& one : kCases) {
    script += "printf " + std::string(one.request) + " >/tmp/what; echo '== case" + std::to_string(number++) +
              "'\nkjump run /job/test_faults.kjump --in /tmp/what --deadline 0.4 --json --door " + door +
              "\n";
  }
  script += "echo '== text'; kjump run /job/test_faults.kjump --in /tmp/what --deadline 0.4 --door " + door +
            "; echo $?\n";
  script += "echo '== again'; kjump run /job/hello_real.kjump --json --door " + door +
            "\necho '== health'; health after\n";
  const JobResult result = guest.run(script);
  number = 0;
  for (const Case& one : kCases) {
    const auto report = json_section(result.out, "case" + std::to_string(number++));
    ASSERT_EQ(report["jumps"].size(), 1U) << report.dump() << result.err;
    const auto& jump = report["jumps"][0];
    EXPECT_EQ(jump["outcome"], one.outcome) << one.request;
    EXPECT_EQ(jump["fault"]["vector"], one.vector) << one.request;
    const std::string place = jump["fault"]["place"];
    EXPECT_EQ(place.substr(0, place.find_first_of("+.")), one.place) << one.request;
  }
  const std::string text = section(result.out, "text");
  EXPECT_NE(text.find("timeout: stopped at 1000:"), std::string::npos) << text;
  EXPECT_NE(text.find("in far call 1000:"), std::string::npos) << text;
  EXPECT_NE(text.find("\n1\n"), std::string::npos) << "exit code: " << text;
  EXPECT_EQ(json_section(result.out, "again")["jumps"][0]["outcome"], "returned");
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

INSTANTIATE_TEST_SUITE_P(Ways, FaultThroughDoor,
                         testing::Values(Way{"6.12", "kexec"}, Way{"6.1", "kexec"}, Way{"debian", "wake"},
                                         Way{"6.12", "kexec", false}),
                         [](const auto& way) {
                           std::string name = "v" + way.param.kernel + "_" + way.param.door;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name + (way.param.hpet ? "" : "_without_hpet");
                         });

}  // namespace
}  // namespace kjump::tests
