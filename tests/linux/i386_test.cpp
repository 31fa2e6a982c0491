// SPDX-License-Identifier: MIT
// Rule: i386 kernels jump as x86_64 ones do, with PAE and without, with one processor and two, on a processor
// that hides the GDT's address and on one that has neither that nor EFER; real and physical payloads, every
// jump; Linux is healthy afterwards. It is the same image file that x86_64 kernels load.
#include <tuple>

#include <kjump/abi/processor.hpp>

#include "linux/wake.hpp"

namespace kjump::tests {
namespace {

constexpr std::size_t kRealJumps = 20;
constexpr std::size_t kPhysicalJumps = 5;

std::uint64_t entry_number(const nlohmann::json& jump, const char* field) {
  const nlohmann::json& value = jump["entry_state"][field];
  return value.is_string() ? std::stoull(std::string(value), nullptr, 0) : value.get<std::uint64_t>();
}

struct Kernel {
  const char* name;
  bool pae;
};

using Shape = std::tuple<Kernel, unsigned, const char*>;  // kernel, cpus, processor

class I386Matrix : public testing::TestWithParam<Shape> {};

TEST_P(I386Matrix, EveryJumpComesBack) {
  const auto& [kernel, cpus, cpu_model] = GetParam();
  Guest guest(kernel.name);
  guest.options.machine.cpus = cpus;
  guest.options.machine.cpu_model = cpu_model;
  guest.options.machine.memory_mib = kernel.pae ? 6144 : 256;
  guest.options.machine.extra_arguments = {"-nodefaults", "-vga", "std"};
  guest.with_image("hello_real").with_image("memory_map");
  const JobResult result = guest.run(std::string(kHealth) + R"sh(
health before
echo "== kernel"; uname -m
echo "== doctor"; kjump doctor --json || exit 1
echo "== real"; kjump run /job/hello_real.kjump --door kexec --json --jumps )sh" +
                                     std::to_string(kRealJumps) + R"sh( || exit 1
echo "== physical"; kjump run /job/memory_map.kjump --door kexec --json --jumps )sh" +
                                     std::to_string(kPhysicalJumps) + R"sh( || exit 1
echo "== health"; health after
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "kernel"), "i686\n") << "the shape under test is not the shape that ran";
  EXPECT_EQ(section(result.out, "doctor").find("PAE: the stub sets") != std::string::npos, kernel.pae);
  const auto real = json_section(result.out, "real");
  ASSERT_EQ(real["jumps"].size(), kRealJumps);
  for (const auto& jump : real["jumps"]) {
    EXPECT_TRUE(hello_returned(jump));
    // The very entry of these kernels: protected mode without paging, their own code segment
    // (kexec_jump.md 2.1).
    EXPECT_EQ(entry_number(jump, "cs"), abi::kSelectorI386Code);
    EXPECT_EQ(entry_number(jump, "cr0") & (abi::kCr0Paging | abi::kCr0ProtectionEnable),
              abi::kCr0ProtectionEnable);
    EXPECT_EQ(entry_number(jump, "cr4"), 0U);
    EXPECT_EQ(entry_number(jump, "efer") & abi::kEferLongModeEnable, 0U);
    EXPECT_EQ(entry_number(jump, "gdt_limit"), 0U);
  }
  const auto physical = json_section(result.out, "physical");
  ASSERT_EQ(physical["jumps"].size(), kPhysicalJumps);
  for (const auto& jump : physical["jumps"]) {
    EXPECT_EQ(jump["outcome"], "returned");
    EXPECT_EQ(jump["reply"], physical["jumps"][0]["reply"]) << "the same map each time";
    EXPECT_NE(std::string(jump["console"]).find("000000000009fc00  memory"), std::string::npos)
        << jump["console"];
  }
  EXPECT_EQ(lines(section(result.out, "health")), std::vector<std::string>{"HEALTHY"});
}

std::string name_of(const testing::TestParamInfo<Shape>& shape) {
  const auto& [kernel, cpus, cpu_model] = shape.param;
  return std::string(kernel.pae ? "v6_12_pae" : "v6_1_without_pae") + "_smp" + std::to_string(cpus) + "_" +
         cpu_model;
}

INSTANTIATE_TEST_SUITE_P(Kernels, I386Matrix,
                         testing::Combine(testing::Values(Kernel{"6.12-i386", true},
                                                          Kernel{"6.1-i386", false}),
                                          testing::Values(1U, 2U), testing::Values("max", "pentium3")),
                         name_of);

// What a guest with this kernel makes of the image: its checksum there, and the selector that the jump came
// in on.
std::pair<std::string, std::uint64_t> passage(const char* kernel) {
  Guest guest(kernel);
  guest.options.machine.extra_arguments = {"-nodefaults", "-vga", "std"};
  guest.with_image("hello_real");
  const JobResult result = guest.run(R"sh(
echo "== sum"; sha256sum </job/hello_real.kjump
echo "== report"; kjump run /job/hello_real.kjump --json
)sh");
  EXPECT_EQ(result.exit_code, 0) << kernel << result.err << result.out;
  const auto jump = json_section(result.out, "report")["jumps"][0];
  EXPECT_TRUE(hello_returned(jump)) << kernel;
  return {section(result.out, "sum"), entry_number(jump, "cs")};
}

TEST(I386, OneImageFileServesBothWidths) {
  const auto wide = passage("6.12");
  EXPECT_EQ(wide.second, abi::kSelectorCode64);
  for (const char* kernel : {"6.12-i386", "6.1-i386"}) {
    const auto narrow = passage(kernel);
    EXPECT_EQ(narrow.first, wide.first) << kernel;
    EXPECT_EQ(narrow.second, abi::kSelectorI386Code) << kernel;
  }
}

}  // namespace
}  // namespace kjump::tests
