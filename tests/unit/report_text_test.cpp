// SPDX-License-Identifier: MIT
// Rule: the report for people shows every jump's outcome, what it printed and replied, and calls a run good
// only when every jump that was asked for returned with status 0 and kept the return contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/contract.hpp"
#include "report/names.hpp"
#include "report/text.hpp"

namespace kjump::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JumpReport returned(const std::string& console) {
  JumpReport jump;
  jump.outcome = abi::Outcome::kReturned;
  jump.console = console;
  return jump;
}

RunReport report_of(std::vector<JumpReport> jumps) {
  RunReport report;
  report.target = "vm";
  report.jumps = std::move(jumps);
  return report;
}

TEST(ReportText, ShowsOutcomeConsoleReplyPhasesAndNotes) {
  RunReport report = report_of({returned("hello")});
  report.jumps[0].reply = {std::byte{0}, std::byte{'A'}};
  report.jumps[0].phases.payload = 1500;
  report.notes = {"careful"};
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("jump 1: returned, status 0\nhello\n"));
  EXPECT_THAT(text, HasSubstr("00000000  00 41"));
  EXPECT_THAT(text, HasSubstr("1.5 ms"));
  EXPECT_THAT(text, HasSubstr("note: careful\n"));
  EXPECT_THAT(to_text(report, {"reply.bin", {}}), HasSubstr("reply, 2 bytes: in reply.bin"));
  EXPECT_THAT(to_text(report, {"reply.bin", {}}), Not(HasSubstr("00 41")));
}

TEST(ReportText, LeavesOutATableOfNothing) {
  EXPECT_THAT(to_text(report_of({returned("")})), Not(HasSubstr("way in")));
}

TEST(ReportText, ExplainsAFault) {
  RunReport report = report_of({returned("")});
  report.jumps[0].outcome = abi::Outcome::kFault;
  report.jumps[0].fault.vector = 13;
  report.jumps[0].fault.error_code = 0x20;
  report.jumps[0].fault.cs = 8;
  report.jumps[0].fault.ip = 0x40123;
  const std::string expected = "general protection fault (#GP) at 0008:00040123, error code 0x20";
  EXPECT_THAT(to_text(report), HasSubstr(expected));
  EXPECT_THAT(what_failed(report, 1), HasSubstr(expected));
  report.jumps[0].fault.vector = 6;
  EXPECT_THAT(to_text(report), Not(HasSubstr("error code")));
}

TEST(ReportText, FindsWhatFailed) {
  RunReport report = report_of({returned("a"), returned("a")});
  EXPECT_EQ(what_failed(report, 2), "");
  EXPECT_THAT(what_failed(report, 3), HasSubstr("only 2 of 3"));
  report.breaches = {"CS is not 0x10"};
  EXPECT_THAT(what_failed(report, 2), HasSubstr("CS is not 0x10"));
  report.jumps[1].status = 5;
  EXPECT_THAT(what_failed(report, 2), HasSubstr("jump 2 did not succeed: returned, status 5"));
  report.jumps[0].outcome = abi::Outcome::kTimeout;
  EXPECT_THAT(what_failed(report, 2), HasSubstr("jump 1 did not succeed: timeout"));
}

TEST(ReportText, ShowsWhatFirmwareChanged) {
  RunReport report;
  report.jumps.resize(1);
  JumpReport& jump = report.jumps[0];
  jump.outcome = abi::Outcome::kReturned;
  EXPECT_EQ(to_text(report).find("contract"), std::string::npos) << "nobody asked";
  jump.stacks = {{{4096, 300}, {16384, 400}, {12272, 96}}};
  jump.contract.classes = abi::kContractDescriptors | abi::kContractMemory;
  jump.contract.skipped = 1U << static_cast<unsigned>(abi::ContractLine::kExtendedBiosData) |
                          1U << static_cast<unsigned>(abi::ContractLine::kHpet);
  abi::ContractRecord record{};
  record.line = static_cast<std::uint16_t>(abi::ContractLine::kIdtr);
  record.before = 0x7FF'0000'0000;
  record.after = 0x3FF'0000'0000;
  record.bytes = 6;
  record.flags = abi::kContractRepaired;
  record.call = 2;
  record.vector = 0x13;
  record.eax = 0x0201;
  jump.contract.records = {record};
  EXPECT_THAT(
      to_text(report),
      HasSubstr("contract (descriptors,memory): 1 broken, 0 as they may\n"
                "  call 2, INT 13h AX=0201: T6 IDTR (limit, base) was 07ff00000000, became "
                "03ff00000000, put right\n"
                "  cannot be compared on this machine: ebda\n"
                "stacks used: supervisor 300 of 4096 bytes, payload 400 of 16384 bytes, firmware calls "
                "96 of 12272 bytes\n"));
}

TEST(ReportContract, ClassesAreReadBackAsTheSameBits) {
  for (std::uint32_t classes = 0; classes <= abi::kContractAll; ++classes) {
    const auto back = parse_classes(class_list(classes));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, classes);
  }
  EXPECT_THAT(parse_classes("flags,weather").error().what, HasSubstr("'weather'"));
}

TEST(ReportContract, EveryLineHasNamesAndATrapOfItsOwn) {
  for (std::uint16_t line = 0; line < abi::kContractLines; ++line) {
    EXPECT_EQ(line_from_name(line_name(line)), line);
    EXPECT_NE(line_class(line), "unknown");
    EXPECT_THAT(line_trap(line), ::testing::MatchesRegex("T[1-9][0-9]?"));
  }
}

TEST(ReportText, DumpsAnyNumberOfBytes) {
  EXPECT_EQ(hexdump({}), "");
  std::vector<std::byte> bytes(17, std::byte{'z'});
  const std::string text = hexdump(bytes);
  EXPECT_THAT(text, HasSubstr("|zzzzzzzzzzzzzzzz|\n00000010  7a "));
  EXPECT_EQ(duration(999), "999 us");
  EXPECT_EQ(duration(1000), "1.0 ms");
  EXPECT_EQ(duration(2'345'678), "2.35 s");
}

TEST(ReportNames, AreReadBackAsTheSameBits) {
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    EXPECT_EQ(repair_bit(repair_names(bit).at(0)), bit);
    EXPECT_EQ(hardware_bit(hardware_names(bit).at(0)), bit);
  }
  EXPECT_FALSE(repair_bit("bit"));
  EXPECT_FALSE(repair_bit("bit1x"));
  EXPECT_EQ(exception_name(99), "exception 99");
}

}  // namespace
}  // namespace kjump::report
