// SPDX-License-Identifier: MIT
// Rule: whatever the payload or firmware does wrong, in either mode, the jump comes back with what, where,
// and in which call, and the return contract holds; what hangs is stopped at its deadline.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <tuple>

#include <kjump/abi/processor.hpp>
#include <kjump/bios.hpp>

#include "vm/run.hpp"

namespace kjump::tests {
namespace {

constexpr std::uint32_t kDeadlineMs = 400;

struct FaultCase {
  const char* name;
  const char* payload;
  const char* request;
  std::uint32_t vector;
  std::uint32_t error_code;
  abi::FaultMode mode;
  bool in_firmware;
  const char* place;                ///< symbol
  std::vector<unsigned char> code;  ///< first bytes at the faulting instruction
};

class Fault : public testing::TestWithParam<FaultCase> {};

TEST_P(Fault, ComesBackAsAnOutcomeWithItsPlace) {
  const FaultCase& expected = GetParam();
  const RunReport report = run(expected.payload, expected.request);
  ASSERT_EQ(report.jumps.size(), 1U);
  const JumpReport& jump = report.jumps[0];
  const abi::FaultRecord& fault = jump.fault;
  ASSERT_EQ(jump.outcome, abi::Outcome::kFault);
  EXPECT_EQ(fault.vector, expected.vector);
  EXPECT_EQ(fault.error_code, expected.error_code);
  EXPECT_EQ(fault.mode, static_cast<std::uint8_t>(expected.mode));
  EXPECT_EQ(fault.cs, expected.mode == abi::FaultMode::kReal ? abi::kRealSegment : abi::kSelectorCode32);
  EXPECT_EQ(fault.in_firmware, expected.in_firmware ? 1 : 0);
  EXPECT_EQ(jump.place.substr(0, jump.place.find('+')), expected.place);
  EXPECT_TRUE(std::equal(expected.code.begin(), expected.code.end(), std::begin(fault.code)))
      << std::hex << unsigned{fault.code[0]} << " " << unsigned{fault.code[1]};
  if (expected.in_firmware) {
    EXPECT_EQ(fault.call.kind, abi::CallKind::kFarCall);
    EXPECT_EQ(fault.call.target_segment, abi::kRealSegment);
    EXPECT_EQ(fault.call.registers.ebx, 0xB00B0001U);
    const std::uint16_t returns_to = fault.stack[2] | fault.stack[3] << 8;
    EXPECT_EQ(returns_to, abi::kRealSegment) << "on top of the callee's stack is its way back";
  }
  if (expected.request == std::string("pu")) {
    EXPECT_EQ(fault.si, 0x600DU);
  }
}

constexpr auto kReal = abi::FaultMode::kReal;
constexpr auto kPhysical = abi::FaultMode::kPhysical;

INSTANTIATE_TEST_SUITE_P(
    Cases, Fault,
    testing::Values(
        FaultCase{"physical_ud", "test_faults", "pu", 6, 0, kPhysical, false, "kjump_main", {0x0F, 0x0B}},
        FaultCase{"physical_de", "test_faults", "pd", 0, 0, kPhysical, false, "kjump_main", {0xF7, 0xF1}},
        FaultCase{"physical_gp", "test_faults", "pg", 13, 0x1238, kPhysical, false, "kjump_main", {}},
        FaultCase{"physical_bp", "test_faults", "pb", 3, 0, kPhysical, false, "kjump_main", {}},
        FaultCase{"callee_ud", "test_faults", "ru", 6, 0, kReal, true, "callee_faults", {0x0F, 0x0B}},
        FaultCase{"callee_de", "test_faults", "rd", 0, 0, kReal, true, "callee_faults", {0xF7, 0xF1}},
        FaultCase{"callee_bp", "test_faults", "rb", 3, 0, kReal, true, "callee_faults", {}},
        FaultCase{"callee_gp", "test_faults", "rg", 13, 0, kReal, true, "callee_faults", {0x66, 0x66}},
        FaultCase{"callee_of", "test_faults", "ro", 4, 0, kReal, true, "callee_faults", {}},
        FaultCase{"callee_db", "test_faults", "rt", 1, 0, kReal, true, "callee_faults", {}},
        FaultCase{"callee_br", "test_faults", "ri", 5, 0, kReal, true, "callee_faults", {0x2E, 0x62}},
        FaultCase{"real_ud", "test_real_faults", "u", 6, 0, kReal, false, "undefined", {0x0F, 0x0B}},
        FaultCase{"real_de", "test_real_faults", "d", 0, 0, kReal, false, "divide", {0xF7, 0xF1}}),
    [](const auto& fault) { return std::string(fault.param.name); });

// The line that the report names, as it stands in the file that it names.
std::string line_at(const std::string& source) {
  const auto colon = source.rfind(':');
  std::ifstream file(source.substr(0, colon));
  std::string line;
  for (int number = colon == std::string::npos ? 0 : std::stoi(source.substr(colon + 1)); number > 0;
       --number) {
    std::getline(file, line);
  }
  return line;
}

TEST(Source, IsTheFaultyLineOfCppAndOfNasm) {
  struct Case {
    const char* payload;
    const char* request;
    const char* file;
    const char* words = "ud2";
  };
  for (const Case& one :
       {Case{"test_faults", "pu", "faults.cpp"}, Case{"test_faults", "ru", "callee_faults.asm"},
        Case{"test_real_faults", "u", "real_faults.asm"}}) {
    const RunReport report = run(one.payload, one.request);
    ASSERT_EQ(report.jumps.size(), 1U);
    const std::string& source = report.jumps[0].source;
    EXPECT_NE(source.find(one.file), std::string::npos) << source;
    EXPECT_NE(line_at(source).find(one.words), std::string::npos) << source << ": " << line_at(source);
  }
  const RunReport in_bios = run("test_faults", "bk", 1, {}, kDeadlineMs);
  ASSERT_EQ(in_bios.jumps.size(), 1U);
  EXPECT_EQ(in_bios.jumps[0].source, "") << "code of the BIOS is in no file of ours";
}

struct GuardCase {
  const char* name;
  const char* payload;
  const char* request;
  abi::Guard guard;
};

class Guards : public testing::TestWithParam<GuardCase> {};

TEST_P(Guards, AStackThatIsFullEndsThePayloadAtOnce) {
  const GuardCase& expected = GetParam();
  const RunReport report = run(expected.payload, expected.request);
  ASSERT_EQ(report.jumps.size(), 1U);
  const abi::FaultRecord& fault = report.jumps[0].fault;
  ASSERT_EQ(report.jumps[0].outcome, abi::Outcome::kFault);
  EXPECT_EQ(fault.vector, 1U);
  EXPECT_EQ(fault.dr6 & 0xF, 1U << static_cast<std::uint32_t>(expected.guard));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Guards,
    testing::Values(GuardCase{"physical", "test_faults", "po", abi::Guard::kPhysicalStack},
                    GuardCase{"below_image", "test_faults", "pw", abi::Guard::kBelowImage},
                    GuardCase{"callee", "test_faults", "rO", abi::Guard::kFirmwareStack},
                    GuardCase{"real", "test_real_faults", "o", abi::Guard::kRealStack}),
    [](const auto& guard) { return std::string(guard.param.name); });

TEST(Interrupts, ThatAreNoFaultsGoToTheBios) {
  for (const char* request : {"b5", "rn"}) {  // print screen by INT 5; a tick in a callee
    const RunReport report = run("test_faults", request);
    ASSERT_EQ(report.jumps.size(), 1U);
    EXPECT_EQ(report.jumps[0].outcome, abi::Outcome::kReturned) << request;
  }
}

struct HangCase {
  const char* name;
  const char* payload;
  const char* request;
  std::uint32_t vector;  ///< who stopped it
  bool in_firmware;
  bool hpet = true;
  std::uint32_t late_ms = 1000;  ///< how much later than the deadline it may come
};

constexpr std::uint32_t kClockLateMs = 2600;  // a clock that knows whole seconds

class Hang : public testing::TestWithParam<HangCase> {};

TEST_P(Hang, IsStoppedSoonAfterItsDeadline) {
  const HangCase& expected = GetParam();
  MachineOptions machine;
  machine.hpet = expected.hpet;
  const RunReport report = run(expected.payload, expected.request, 1, machine, kDeadlineMs);
  ASSERT_EQ(report.jumps.size(), 1U);
  const JumpReport& jump = report.jumps[0];
  ASSERT_EQ(jump.outcome, abi::Outcome::kTimeout);
  EXPECT_EQ(jump.fault.vector, expected.vector);
  EXPECT_EQ(jump.fault.in_firmware, expected.in_firmware ? 1 : 0);
  ASSERT_TRUE(jump.phases.payload);
  EXPECT_GE(*jump.phases.payload, kDeadlineMs * 1000 * 9 / 10);
  EXPECT_LE(*jump.phases.payload, (kDeadlineMs + expected.late_ms) * 1000);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Hang,
    testing::Values(
        HangCase{"physical_closed", "test_faults", "pS", abi::kVectorNmi, false},
        HangCase{"physical_open", "test_faults", "pI", abi::kVectorDeadline, false},
        HangCase{"physical_halted", "test_faults", "pH", abi::kVectorNmi, false},
        HangCase{"callee_closed", "test_faults", "rS", abi::kVectorNmi, true},
        HangCase{"callee_open", "test_faults", "rI", abi::kVectorDeadline, true},
        HangCase{"callee_halted", "test_faults", "rH", abi::kVectorNmi, true},
        HangCase{"real_closed", "test_real_faults", "S", abi::kVectorNmi, false},
        HangCase{"real_open", "test_real_faults", "I", abi::kVectorDeadline, false},
        HangCase{"bios_waits_for_a_key", "test_faults", "bk", abi::kVectorDeadline, true},
        // Without an HPET the PIT's edges are NMIs while a physical-mode payload's code runs.
        HangCase{"physical_closed_pit", "test_faults", "pS", abi::kVectorNmi, false, false},
        HangCase{"physical_open_pit", "test_faults", "pI", abi::kVectorNmi, false, false},
        HangCase{"physical_halted_pit", "test_faults", "pH", abi::kVectorNmi, false, false},
        HangCase{"real_open_pit", "test_real_faults", "I", abi::kVectorDeadline, false, false},
        HangCase{"callee_open_pit", "test_faults", "rI", abi::kVectorDeadline, true, false},
        HangCase{"bios_waits_for_a_key_pit", "test_faults", "bk", abi::kVectorDeadline, true, false},
        // Everywhere else the clock's alarm is.
        HangCase{"real_closed_clock", "test_real_faults", "S", abi::kVectorNmi, false, false, kClockLateMs},
        HangCase{"long_closed_clock", "test_long", "wS", abi::kVectorNmi, false, false, kClockLateMs},
        HangCase{"callee_closed_clock", "test_faults", "rS", abi::kVectorNmi, true, false, kClockLateMs},
        HangCase{"callee_halted_clock", "test_faults", "rH", abi::kVectorNmi, true, false, kClockLateMs}),
    [](const auto& hang) { return std::string(hang.param.name); });

struct CallCase {
  const char* name;
  const char* request;
  std::uint32_t deadline_ms;
  std::uint32_t call_deadline_ms;
  std::uint32_t vector;        ///< who stopped it
  std::uint32_t expired_call;  ///< 0: it was the jump's deadline
};

class CallDeadline : public testing::TestWithParam<CallCase> {};

// Of the two deadlines the earlier one holds, and a call that came back takes its own along.
TEST_P(CallDeadline, EndsThePayloadWithTheCallsNumber) {
  const CallCase& expected = GetParam();
  const RunReport report =
      run("test_faults", expected.request, 1, {}, expected.deadline_ms, expected.call_deadline_ms);
  ASSERT_EQ(report.jumps.size(), 1U);
  const JumpReport& jump = report.jumps[0];
  ASSERT_EQ(jump.outcome, abi::Outcome::kTimeout);
  EXPECT_EQ(jump.fault.vector, expected.vector);
  EXPECT_EQ(jump.expired_call, expected.expired_call);
  EXPECT_EQ(jump.reason.starts_with("firmware call"), expected.expired_call != 0) << jump.reason;
  const std::uint32_t deadline_ms =
      expected.expired_call != 0 ? expected.call_deadline_ms : expected.deadline_ms;
  ASSERT_TRUE(jump.phases.payload);
  EXPECT_GE(*jump.phases.payload, deadline_ms * 1000 * 9 / 10);
  EXPECT_LE(*jump.phases.payload, (deadline_ms + 1000) * 1000);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CallDeadline,
    testing::Values(CallCase{"closed", "rS", 20'000, 300, abi::kVectorNmi, 1},
                    CallCase{"open", "rI", 20'000, 300, abi::kVectorDeadline, 1},
                    CallCase{"halted", "rH", 20'000, 300, abi::kVectorNmi, 1},
                    CallCase{"bios_waits_for_a_key", "bk", 20'000, 300, abi::kVectorDeadline, 1},
                    CallCase{"third", "rnrnrS", 20'000, 300, abi::kVectorNmi, 3},
                    CallCase{"jump_is_earlier", "rS", 300, 20'000, abi::kVectorNmi, 0},
                    CallCase{"payload_closed_after_a_call", "rnpS", 700, 300, abi::kVectorNmi, 0},
                    CallCase{"payload_open_after_a_call", "rnpI", 700, 300, abi::kVectorDeadline, 0}),
    [](const auto& call) { return std::string(call.param.name); });

TEST(CallDeadlines, AreTheRecordsOwnWhereItHasOne) {
  bios::Step wait = bios::interrupt(0x16);
  wait.call.deadline_ms = 300;
  bios::BatchOptions options;
  options.call_deadline_ms = 0;
  const auto target = make_vm_target({});
  const auto reply = bios::Batch().add(bios::interrupt(0x12)).add(wait).run(*target, options);
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->report.jumps[0].outcome, abi::Outcome::kTimeout);
  EXPECT_EQ(reply->report.jumps[0].expired_call, 2U);
  EXPECT_EQ(reply->calls.size(), 1U);
}

// The callee's own use, the thunk's frame and the runtime's are all there is.
TEST(Stacks, AreReportedAsDeepAsTheyWent) {
  const auto used = [](const JumpReport& jump, abi::Stack stack) {
    return jump.stacks.at(static_cast<std::size_t>(stack)).used;
  };
  const RunReport quiet = run("test_contract", ".");
  const RunReport deep = run("test_contract", "S");
  const RunReport full = run("test_faults", "po");
  const RunReport real = run("test_real_contract", "");
  for (const RunReport* report : {&quiet, &deep, &full, &real}) {
    ASSERT_EQ(report->jumps.size(), 1U);
    for (const abi::StackMark& mark : report->jumps[0].stacks) {
      EXPECT_GT(mark.bytes, 0U);
    }
  }
  EXPECT_LT(used(quiet.jumps[0], abi::Stack::kFirmware), 200U);
  EXPECT_GE(used(deep.jumps[0], abi::Stack::kFirmware), 5000U);
  EXPECT_LT(used(deep.jumps[0], abi::Stack::kFirmware), 5200U);
  EXPECT_LT(used(quiet.jumps[0], abi::Stack::kPayload), 1024U);
  EXPECT_GT(used(quiet.jumps[0], abi::Stack::kPayload), 50U);
  EXPECT_GT(used(full.jumps[0], abi::Stack::kPayload), abi::kFlatStackBytes - 256)
      << "a fault report has it, too";
  EXPECT_GT(used(full.jumps[0], abi::Stack::kSupervisor), 50U);
  EXPECT_LT(used(full.jumps[0], abi::Stack::kSupervisor), 2048U);
  const RunReport of_long = run("test_long_contract", ".");
  ASSERT_EQ(of_long.jumps.size(), 1U);
  EXPECT_EQ(of_long.jumps[0].stacks[1].bytes, abi::kFlatStackBytes);
  EXPECT_GT(used(of_long.jumps[0], abi::Stack::kPayload), 50U);
  EXPECT_EQ(real.jumps[0].stacks[1].bytes, abi::kRealStackTop - abi::kSupervisorStackTop);
  EXPECT_GT(used(real.jumps[0], abi::Stack::kPayload), 20U);
}

// Some thirty NMIs, and thousands of mode changes that none of them may hit; a thousand NMIs of the clock,
// whose periodic interrupt the BIOS waits by; the BIOS goes on counting its ticks.
TEST(WithoutHpet, FirmwareCallsAndBiosTimeAreLeftAlone) {
  MachineOptions machine;
  machine.hpet = false;
  for (const auto& [payload, request, status] :
       {std::tuple{"test_faults", "bc", 1U}, std::tuple{"test_faults", "bw", 1U},
        std::tuple{"test_real_faults", "c", 7U}, std::tuple{"test_ticks", "", 3U}}) {
    const RunReport report = run(payload, request, 1, machine, 10'000);
    ASSERT_EQ(report.jumps.size(), 1U) << payload;
    EXPECT_EQ(report.jumps[0].outcome, abi::Outcome::kReturned) << payload;
    EXPECT_EQ(report.jumps[0].status, status) << payload;
  }
}

}  // namespace
}  // namespace kjump::tests
