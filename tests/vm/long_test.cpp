// SPDX-License-Identifier: MIT
// Rule: a 64-bit payload has all RAM and what it declares, SSE and the BIOS; whatever it does wrong comes
// back with all registers, and the processor it found is the one it leaves.
#include <kjump/abi/processor.hpp>

#include "vm/run.hpp"

namespace kjump::tests {
namespace {

constexpr const char* kPayload = "test_long";

MachineOptions machine(std::uint32_t memory_mib, const char* cpu = "max") {
  MachineOptions options;
  options.memory_mib = memory_mib;
  options.cpu_model = cpu;
  return options;
}

JumpReport only_jump(const RunReport& report) {
  EXPECT_EQ(report.jumps.size(), 1U);
  return report.jumps.empty() ? JumpReport{} : report.jumps[0];
}

TEST(Long, RunsAgainAndAgain) {
  for (const char* cpu : {"max", "qemu64"}) {  // five levels of page tables, and four
    const RunReport report = run(kPayload, "", 3, machine(256, cpu));
    ASSERT_EQ(report.jumps.size(), 3U) << cpu;
    EXPECT_EQ(report.jumps[2].outcome, abi::Outcome::kReturned) << cpu;
    EXPECT_EQ(report.jumps[2].status, 3U) << cpu;
    EXPECT_EQ(report.jumps[2].console, "hello from long mode\n") << cpu;
  }
}

TEST(Long, AssemblyHasTheSameRuntime) {
  const JumpReport jump = only_jump(run("test_long_hello", "ping"));
  EXPECT_EQ(jump.outcome, abi::Outcome::kReturned);
  EXPECT_EQ(jump.status, 4U);
  EXPECT_EQ(jump.console, "hello from assembly\n");
  ASSERT_EQ(jump.reply.size(), 4U);
  EXPECT_EQ(static_cast<char>(jump.reply[0]), 'p');
}

struct Deed {
  const char* name;
  const char* request;
  std::uint32_t memory_mib;
};

class LongDeed : public testing::TestWithParam<Deed> {};

TEST_P(LongDeed, ReturnsStatusZero) {
  const JumpReport jump = only_jump(run(kPayload, GetParam().request, 1, machine(GetParam().memory_mib)));
  EXPECT_EQ(jump.outcome, abi::Outcome::kReturned);
  EXPECT_EQ(jump.status, 0U);
}

INSTANTIATE_TEST_SUITE_P(Cases, LongDeed,
                         testing::Values(Deed{"memory_above_4_gib_with_few_tables", "m", 6144},
                                         Deed{"scattered_pages_in_one_piece", "v", 6144},
                                         Deed{"knows_the_memory_map", "r", 6144},
                                         Deed{"sse_and_x87", "c", 256}, Deed{"bios_call", "b", 256},
                                         Deed{"declared_device", "h", 256}),
                         [](const auto& deed) { return std::string(deed.param.name); });

struct LongFault {
  const char* name;
  const char* request;
  std::uint32_t vector;
  abi::Outcome outcome = abi::Outcome::kFault;
  bool hpet = true;
};

class LongFaults : public testing::TestWithParam<LongFault> {};

TEST_P(LongFaults, ComeBack) {
  MachineOptions options;
  options.hpet = GetParam().hpet;
  const JumpReport jump = only_jump(run(kPayload, std::string("w") + GetParam().request, 1, options, 400));
  EXPECT_EQ(jump.outcome, GetParam().outcome);
  EXPECT_EQ(jump.fault.vector, GetParam().vector);
  EXPECT_EQ(jump.fault.mode, static_cast<std::uint8_t>(abi::FaultMode::kLong));
  EXPECT_EQ(jump.fault.cs, abi::kSelectorCode64);
  EXPECT_EQ(jump.place.empty(), false);
}

INSTANTIATE_TEST_SUITE_P(Cases, LongFaults,
                         testing::Values(LongFault{"undefined", "u", 6}, LongFault{"divide", "d", 0},
                                         LongFault{"not_canonical", "g", 13},
                                         LongFault{"undeclared_memory", "p", 14}, LongFault{"x87", "x", 16},
                                         LongFault{"breakpoint", "b", 3}, LongFault{"stack_full", "o", 1},
                                         LongFault{"closed", "S", abi::kVectorNmi, abi::Outcome::kTimeout},
                                         LongFault{"open", "I", abi::kVectorDeadline, abi::Outcome::kTimeout},
                                         LongFault{"halted", "H", abi::kVectorNmi, abi::Outcome::kTimeout},
                                         LongFault{"open_pit", "I", abi::kVectorDeadline,
                                                   abi::Outcome::kTimeout, false}),
                         [](const auto& fault) { return std::string(fault.param.name); });

// A processor says #SS, TCG #GP.
TEST(LongFaultRecord, IsMadeWithoutTheStackThatFailed) {
  const JumpReport jump = only_jump(run(kPayload, "ws"));
  EXPECT_EQ(jump.outcome, abi::Outcome::kFault);
  EXPECT_TRUE(jump.fault.vector == 12 || jump.fault.vector == 13) << jump.fault.vector;
  EXPECT_EQ(jump.fault.sp, 0x8000000000000000U);
}

TEST(LongFaultRecord, HasAllRegisters) {
  const abi::FaultRecord fault = only_jump(run(kPayload, "wu")).fault;
  EXPECT_EQ(fault.bx, 0x1111111111111111U);
  EXPECT_EQ(fault.r8, 0x8888888888888888U);
  EXPECT_EQ(fault.r15, 0xFFFFFFFFFFFFFFFFU);
  EXPECT_EQ(fault.code[0], 0x0F);
  EXPECT_EQ(fault.code[1], 0x0B);
  EXPECT_EQ(only_jump(run(kPayload, "wp")).fault.cr2, 0xFD800000U);
}

}  // namespace
}  // namespace kjump::tests
