// SPDX-License-Identifier: MIT
// Rule: a call is shown with all its registers in fixed columns, what it changed marked, flags spelled out;
// JSON has the same content under keys that do not change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bios/format.hpp"
#include "bios/json.hpp"
#include "bios/registers.hpp"
#include "unit/bios_answers.hpp"

namespace kjump::bios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ScriptStep parsed(const std::string& line) {
  return parse_script(line, "s").value().front();
}

TEST(BiosFormat, MarksChangedRegistersAndFlags) {
  const abi::FirmwareRegisters before = entry_registers();
  abi::FirmwareRegisters after = before;
  after.eax = 0x534D4150;
  after.es = 0x2000;
  after.eflags = 0x246;
  EXPECT_EQ(format_registers(before, after),
            "  eax 534d4150*  ebx 00000000   ecx 00000000   edx 00000000\n"
            "  esi 00000000   edi 00000000   ebp 00000000\n"
            "   ds 0000        es 2000*       fs 0000        gs 0000\n"
            "  eflags 00000246*  cf=0* pf=1* af=0  zf=1* sf=0  if=1  df=0  of=0\n");
}

TEST(BiosFormat, ShowsBuffersUnlessTheyGoToAFile) {
  const ScriptStep step = parsed("int 15h buffer es:di=2 buffer ds:si=1,out=f");
  const std::string text = format_call(step, nullptr, answered(0, 0, {}, from_hex("4142", 17)));
  EXPECT_THAT(text, HasSubstr("int 0x15  (0 cycles)\n"));
  EXPECT_THAT(text, HasSubstr("buffer es:di, 2 bytes\n00000000  41 42"));
  EXPECT_THAT(text, Not(HasSubstr("ds:si")));
}

TEST(BiosFormat, NamesRepairsAndMemory) {
  CallResult call = answered(0, 0, {});
  call.repairs = abi::kRepairA20;
  EXPECT_THAT(format_call(parsed("int 15h"), nullptr, call), HasSubstr("put right after the call: "));
  EXPECT_THAT(format_call(parsed("memory 0x475 1"), nullptr, answered(0, 0, {}, from_hex("02"))),
              HasSubstr("memory 0x00000475\n00000000  02"));
}

TEST(BiosFormat, ARepeatedCallBeganWithTheContinuation) {
  const ScriptStep step = parsed("int 15h eax=5 repeat-while ebx");
  const CallResult previous = answered(0, 0, {.eax = 9, .ebx = 7});
  const auto before = registers_before(step.step, &previous);
  EXPECT_EQ(before.ebx, 7u);
  EXPECT_EQ(before.eax, 5u);
  EXPECT_EQ(registers_before(step.step, nullptr).ebx, 0u);
  EXPECT_THAT(format_call(step, &previous, answered(0, 1, {.ebx = 7})), HasSubstr("int 0x15 #2"));
}

TEST(BiosFormat, SaysWhyABatchEnded) {
  EXPECT_EQ(format_status(abi::BatchStatus::kDone), "");
  for (const auto status : {abi::BatchStatus::kStoppedOnCarry, abi::BatchStatus::kMalformed,
                            abi::BatchStatus::kReplyFull, abi::BatchStatus::kLimit}) {
    EXPECT_NE(format_status(status), "");
  }
}

TEST(BiosJson, CallsHaveStableKeys) {
  const std::vector<ScriptStep> steps{parsed("int 15h buffer es:di=2"), parsed("memory 0x475 1")};
  const Json json = to_json(steps, reply_of({answered(0, 0, {.eax = 0x27F, .es = 0x2000}, from_hex("4142")),
                                             answered(1, 0, {}, from_hex("01"))}));
  EXPECT_EQ(json["status"], "done");
  EXPECT_EQ(json["calls"][0]["call"], "int 0x15");
  EXPECT_EQ(json["calls"][0]["registers"]["eax"], "0x0000027f");
  EXPECT_EQ(json["calls"][0]["registers"]["es"], "0x2000");
  EXPECT_EQ(json["calls"][0]["registers"]["cf"], false);
  EXPECT_EQ(json["calls"][0]["buffers"][0]["content"], "4142");
  EXPECT_EQ(json["calls"][0]["buffers"][0]["name"], "es:di");
  EXPECT_FALSE(json["calls"][1].contains("registers"));
  EXPECT_EQ(json["calls"][1]["buffers"][0]["content"], "01");
}

TEST(BiosJson, EveryStatusHasAName) {
  EXPECT_EQ(status_name(reply_of({}, abi::BatchStatus::kStoppedOnCarry)), "stopped-on-carry");
  EXPECT_EQ(status_name(reply_of({}, abi::BatchStatus::kReplyFull)), "reply-full");
  EXPECT_EQ(status_name(reply_of({}, abi::BatchStatus::kMalformed)), "malformed");
  EXPECT_EQ(status_name(reply_of({}, abi::BatchStatus::kLimit)), "limit");
  BatchReply dead;
  EXPECT_EQ(status_name(dead), "died");
}

}  // namespace
}  // namespace kjump::bios
