// SPDX-License-Identifier: MIT
// The runtime against the emulated machine's own BIOS, without Linux: every rule here is about what a
// payload and its caller see. The carrier checks the return contract after every one of these jumps.
#include <filesystem>

#include <gtest/gtest.h>
#include <kjump/abi/processor.hpp>
#include <kjump/image.hpp>
#include <kjump/target.hpp>

#include "vm/register_checks.hpp"

namespace kjump::tests {
namespace {

Image image_of(const std::string& name) {
  auto image = Image::open(std::filesystem::path(KJUMP_IMAGES) / (name + ".kjump"));
  EXPECT_TRUE(image) << image.error().text();
  return image ? *image : Image{};
}

RunReport run(const std::string& name, const std::string& request = "", std::uint32_t jumps = 1,
              MachineOptions machine = {}) {
  RunRequest run;
  for (const char c : request) {
    run.request.push_back(static_cast<std::byte>(c));
  }
  run.jumps = jumps;
  auto report = make_vm_target(std::move(machine))->run(image_of(name), run);
  EXPECT_TRUE(report) << report.error().text();
  if (!report) {
    return {};
  }
  EXPECT_TRUE(report->notes.empty()) << report->notes.front();
  return *std::move(report);
}

class Registers : public testing::TestWithParam<const char*> {};

TEST_P(Registers, EveryOneGoesInAndComesOutWhateverTheCalleeDid) {
  MachineOptions machine;
  machine.cpu_model = GetParam();
  const RunReport report = run("test_registers", "", 2, machine);
  ASSERT_EQ(report.jumps.size(), 2U);
  for (const JumpReport& jump : report.jumps) {
    EXPECT_EQ(jump.status, 0U);
    EXPECT_EQ(jump.repairs, abi::kRepairA20 | abi::kRepairPicMask);
    const auto checks = register_checks(jump.reply);
    EXPECT_EQ(checks.size(), kRegisterChecks);
    for (const RegisterCheck& check : checks) {
      EXPECT_EQ(check.expected, check.found) << check.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Processors, Registers, testing::Values("max", "qemu64"));

TEST(RegistersSabotaged, TheComparisonCanFail) {
  const RunReport report = run("test_registers", "s");
  ASSERT_EQ(report.jumps.size(), 1U);
  int wrong = 0;
  for (const RegisterCheck& check : register_checks(report.jumps[0].reply)) {
    if (check.expected != check.found) {
      EXPECT_STREQ(check.name, "ebx");
      ++wrong;
    }
  }
  EXPECT_EQ(wrong, 6);
  EXPECT_EQ(report.jumps[0].status, 6U);
}

TEST(Timer, TicksArriveInRealMode) {
  const RunReport report = run("test_ticks");
  ASSERT_EQ(report.jumps.size(), 1U);
  EXPECT_EQ(report.jumps[0].status, 3U) << "ticks seen";
  EXPECT_NE(report.jumps[0].hardware_notes & abi::kHardwareHpetLegacy, 0U) << "the HPET was in the way";
}

struct FaultCase {
  char request;
  std::uint32_t vector;
  std::uint32_t error_code;
};

class Fault : public testing::TestWithParam<FaultCase> {};

TEST_P(Fault, ComesBackAsAnOutcomeWithItsPlace) {
  const auto [request, vector, error_code] = GetParam();
  const RunReport report = run("test_faults", std::string(1, request));
  ASSERT_EQ(report.jumps.size(), 1U);
  const JumpReport& jump = report.jumps[0];
  ASSERT_EQ(jump.outcome, abi::Outcome::kFault);
  EXPECT_EQ(jump.fault.vector, vector);
  EXPECT_EQ(jump.fault.error_code, error_code);
  EXPECT_EQ(jump.fault.cs, abi::kSelectorCode32);
  const Image image = image_of("test_faults");
  bool inside = false;
  for (const Symbol& symbol : image.symbols()) {
    inside = inside || (symbol.name == "kjump_main" && jump.fault.eip >= symbol.address &&
                        jump.fault.eip < symbol.address + symbol.bytes);
  }
  EXPECT_TRUE(inside) << "EIP " << std::hex << jump.fault.eip << " is not in kjump_main";
  if (request == 'u') {
    EXPECT_EQ(jump.fault.esi, 0x600DU);
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, Fault,
                         testing::Values(FaultCase{'u', 6, 0}, FaultCase{'d', 0, 0},
                                         FaultCase{'g', 13, 0x1238}));

TEST(Session, PayloadMemoryPersistsAcrossJumps) {
  const RunReport report = run("test_faults", "n", 5);
  ASSERT_EQ(report.jumps.size(), 5U);
  for (std::size_t i = 0; i < report.jumps.size(); ++i) {
    EXPECT_EQ(report.jumps[i].status, i + 1);
  }
}

TEST(Console, TextThatDoesNotFitIsCutAndSaidSo) {
  const RunReport report = run("test_faults", "o");
  ASSERT_EQ(report.jumps.size(), 1U);
  EXPECT_EQ(report.jumps[0].console.size(), abi::kConsoleCapacity);
  EXPECT_TRUE(report.jumps[0].console_cut);
}

}  // namespace
}  // namespace kjump::tests
