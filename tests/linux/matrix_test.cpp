// SPDX-License-Identifier: MIT
// Rule: fifty jumps in one session succeed, every one, on each kernel, with one processor and two, with
// memory below and above 4 GiB, with four and five levels of page tables; Linux is healthy afterwards and
// nothing stays loaded.
#include <tuple>

#include <kjump/abi/processor.hpp>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

constexpr int kJumps = 50;

using Shape = std::tuple<const char*, unsigned, unsigned, const char*>;

class Matrix : public testing::TestWithParam<Shape> {};

TEST_P(Matrix, FiftyJumpsInOneSession) {
  const auto& [kernel, cpus, memory_mib, cpu_model] = GetParam();
  Guest guest(kernel);
  guest.options.machine.cpus = cpus;
  guest.options.machine.memory_mib = memory_mib;
  guest.options.machine.cpu_model = cpu_model;
  // No disk: an emulated ATAPI drive adds 200 ms to every resume and has nothing to do with the jump.
  guest.options.machine.extra_arguments = {"-nodefaults", "-vga", "std"};
  guest.with_image("hello_real");
  const JobResult result = guest.run(std::string(kHealth) + R"sh(
health before
kjump run /job/hello_real.kjump --jumps )sh" +
                                     std::to_string(kJumps) + R"sh( --json >/tmp/report; code=$?
echo "== report"; cat /tmp/report
echo "== health"; health after
exit $code
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  const auto report = json_section(result.out, "report");
  ASSERT_TRUE(report.contains("jumps")) << report.dump();
  EXPECT_EQ(report["jumps"].size(), kJumps);
  const bool five_levels = std::string(cpu_model) == "max";
  for (const auto& jump : report["jumps"]) {
    EXPECT_EQ(jump["outcome"], "returned");
    EXPECT_EQ(jump["status"], 0);
    EXPECT_NE(std::string(jump["console"]).find("KiB of conventional memory"), std::string::npos);
    const auto cr4 = std::stoull(std::string(jump["entry_state"]["cr4"]), nullptr, 16);
    EXPECT_EQ((cr4 & abi::kCr4La57) != 0, five_levels) << "the shape under test is not the shape that ran";
  }
  EXPECT_EQ(lines(section(result.out, "health")), std::vector<std::string>{"HEALTHY"});
}

std::string name_of(const testing::TestParamInfo<Shape>& shape) {
  const auto& [kernel, cpus, memory_mib, cpu_model] = shape.param;
  std::string version = kernel;
  version.replace(version.find('.'), 1, "_");
  return "v" + version + "_smp" + std::to_string(cpus) + "_" + std::to_string(memory_mib) + "MiB_" +
         cpu_model;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Matrix,
                         testing::Combine(testing::Values("6.12", "6.1"), testing::Values(1U, 2U),
                                          testing::Values(256U, 6144U), testing::Values("max", "qemu64")),
                         name_of);

// Four processors; both machines, with a SeaBIOS that has system management mode and one that has not.
class Machines : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(Machines, TenJumpsWithFourProcessors) {
  const auto& [machine, smm] = GetParam();
  Guest guest;
  guest.options.machine.cpus = 4;
  guest.options.machine.machine = machine;
  guest.options.machine.extra_arguments = {"-nodefaults", "-vga", "std", "-machine",
                                           std::string("smm=") + smm};
  guest.with_image("hello_real");
  const JobResult result = guest.run(std::string(kHealth) + R"sh(
health before
echo "== cpus"; nproc
kjump run /job/hello_real.kjump --jumps 10 --json >/tmp/report; code=$?
echo "== report"; cat /tmp/report
echo "== health"; health after
exit $code
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "cpus"), "4\n");
  const auto report = json_section(result.out, "report");
  ASSERT_EQ(report["jumps"].size(), 10U) << report.dump();
  for (const auto& jump : report["jumps"]) {
    EXPECT_EQ(jump["outcome"], "returned");
    EXPECT_NE(std::string(jump["console"]).find("KiB of conventional memory"), std::string::npos);
  }
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

INSTANTIATE_TEST_SUITE_P(Kinds, Machines,
                         testing::Combine(testing::Values("pc", "q35"), testing::Values("on", "off")),
                         [](const auto& shape) {
                           return std::string(std::get<0>(shape.param)) + "_smm_" + std::get<1>(shape.param);
                         });

}  // namespace
}  // namespace kjump::tests
