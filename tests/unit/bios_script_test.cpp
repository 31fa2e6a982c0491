// SPDX-License-Identifier: MIT
// Rule: a script is one call per line, buffers of a call lie one after the other in the bounce buffer at
// multiples of 16 and never leave it (T49), and every error names line and column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "bios/script.hpp"

namespace kjump::bios {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& text) {
  const auto steps = parse_script(text, "s");
  return steps ? "no error" : steps.error().text();
}

TEST(BiosScript, TheExampleOfTheManual) {
  const auto steps = parse_script(
      "# memory map, then a far call\n"
      "int 0x15 eax=0xE820 edx='SMAP' ecx=24 buffer es:di=24 repeat-while ebx stop-on-carry # comment\r\n"
      "\n"
      "call f000:e05b ds=0x40 \\\n"
      "     ax=1\n"
      "memory 0x475 1",
      "s");
  ASSERT_TRUE(steps) << steps.error().text();
  ASSERT_EQ(steps->size(), 3u);

  const ScriptStep& e820 = (*steps)[0];
  EXPECT_EQ(e820.title, "int 0x15");
  EXPECT_EQ(e820.step.call.vector, 0x15);
  EXPECT_EQ(e820.step.call.registers.eax, 0xE820u);
  EXPECT_EQ(e820.step.call.registers.edx, 0x534D4150u);
  EXPECT_EQ(e820.step.call.registers.es, abi::kBounceSegment);
  EXPECT_EQ(e820.step.call.registers.edi, 0u);
  EXPECT_EQ(e820.step.buffer_bytes, 24u);
  EXPECT_EQ(e820.step.repeat, abi::BatchRepeat::kWhileNonZero);
  EXPECT_EQ(e820.step.repeat_register, offsetof(abi::FirmwareRegisters, ebx));
  EXPECT_TRUE(e820.step.stop_on_carry);

  const ScriptStep& far = (*steps)[1];
  EXPECT_EQ(far.step.call.kind, abi::CallKind::kFarCall);
  EXPECT_EQ(far.step.call.target_segment, 0xF000);
  EXPECT_EQ(far.step.call.target_offset, 0xE05B);
  EXPECT_EQ(far.step.call.registers.ds, 0x40);
  EXPECT_EQ(far.step.call.registers.eax, 1u);
  EXPECT_FALSE(far.step.stop_on_carry);

  EXPECT_EQ((*steps)[2].step.repeat, abi::BatchRepeat::kReadMemory);
  EXPECT_EQ((*steps)[2].step.repeat_address, 0x475u);
  EXPECT_EQ((*steps)[2].step.buffer_bytes, 1u);
}

TEST(BiosScript, BuffersFollowEachOtherAligned) {
  const auto steps =
      parse_script("int 10h buffer es:di=5 buffer ds:si=17,out=x buffer es:bx=1,in='a b',out=y", "s");
  ASSERT_TRUE(steps) << steps.error().text();
  const ScriptStep& step = steps->front();
  ASSERT_EQ(step.buffers.size(), 3u);
  EXPECT_EQ(step.buffers[0].offset, 0u);
  EXPECT_EQ(step.buffers[1].offset, 16u);
  EXPECT_EQ(step.buffers[1].output_path, "x");
  EXPECT_EQ(step.buffers[2].offset, 48u);
  EXPECT_EQ(step.buffers[2].input_path, "a b");
  EXPECT_EQ(step.buffers[2].output_path, "y");
  EXPECT_EQ(step.step.buffer_bytes, 49u);
  EXPECT_EQ(step.step.call.registers.esi, 16u);
  EXPECT_EQ(step.step.call.registers.ebx, 48u);
  EXPECT_EQ(step.step.call.registers.ds, abi::kBounceSegment);
}

TEST(BiosScript, BuffersStayInTheBounceBuffer) {
  EXPECT_EQ(error_of("int 10h buffer es:di=65536"), "no error");
  EXPECT_EQ(error_of("int 10h buffer es:di=65520 buffer es:si=16"), "no error");
  EXPECT_THAT(error_of("int 10h buffer es:di=65537"),
              HasSubstr("no room for a buffer of 65537 bytes (s:1:22)"));
  EXPECT_THAT(error_of("int 10h buffer es:di=65520 buffer es:si=17"), HasSubstr("no room"));
  EXPECT_THAT(error_of("int 10h buffer es:di=65521 buffer es:si=1"), HasSubstr("no room"));
  EXPECT_THAT(error_of("int 10h buffer es:di=0"), HasSubstr("no room"));
  EXPECT_THAT(error_of("int 10h buffer es:di=0xFFFFFFFF"), HasSubstr("no room"));
}

TEST(BiosScript, BuffersAndRegistersMustAgree) {
  EXPECT_THAT(error_of("int 10h es=1 buffer es:di=4"), HasSubstr("es is set twice (s:1:21)"));
  EXPECT_THAT(error_of("int 10h buffer es:di=4 di=1"), HasSubstr("di is set twice"));
  EXPECT_THAT(error_of("int 10h buffer es:di=4 buffer ds:edi=4"), HasSubstr("overlaps di"));
  EXPECT_THAT(error_of("int 10h buffer es=4"), HasSubstr("not a register pair"));
  EXPECT_THAT(error_of("int 10h buffer es:di"), HasSubstr("is not SEG:REG=BYTES"));
  EXPECT_THAT(error_of("int 10h buffer es:di=4,foo=1"),
              HasSubstr("'foo=1' means nothing in a buffer (s:1:24)"));
  EXPECT_THAT(error_of("int 10h buffer es:di=4,in="), HasSubstr("file name is missing"));
  EXPECT_THAT(error_of("int 10h buffer es:di=4,in=a,in=b"), HasSubstr("in= is given twice"));
  EXPECT_THAT(error_of("int 10h buffer es:di=4,"), HasSubstr("means nothing"));
}

TEST(BiosScript, ErrorsHaveLineAndColumn) {
  EXPECT_THAT(error_of("int 0x12\n  jump 5"), HasSubstr("a call cannot begin with 'jump' (s:2:3)"));
  EXPECT_THAT(error_of("int"), HasSubstr("an interrupt number is missing after 'int' (s:1:4)"));
  EXPECT_THAT(error_of("int 0x12 \\\n ax=q"), HasSubstr("'q' is not a number (s:2:5)"));
  EXPECT_THAT(error_of("int 0x12 foo"), HasSubstr("'foo' is no clause of a call (s:1:10)"));
  EXPECT_THAT(error_of("int 0x12 buffer"), HasSubstr("SEG:REG=BYTES is missing"));
  EXPECT_THAT(error_of("int 0x12 ax='A"), HasSubstr("quote is not closed on this line (s:1:13)"));
  EXPECT_THAT(error_of(std::string("int 0x12 a\0b", 12)), HasSubstr("unexpected byte 0x00 (s:1:11)"));
  EXPECT_THAT(error_of("call f000"), HasSubstr("not a far pointer"));
  EXPECT_THAT(error_of("# nothing\n\n"), HasSubstr("calls nothing"));
  EXPECT_THAT(error_of(""), HasSubstr("calls nothing"));
}

TEST(BiosScript, RepetitionsNeedAWholeRegisterAndALimit) {
  EXPECT_THAT(error_of("int 1 repeat-while bx"), HasSubstr("cannot repeat on bx (s:1:20)"));
  EXPECT_THAT(error_of("int 1 repeat-while es"), HasSubstr("cannot repeat on es"));
  EXPECT_THAT(error_of("int 1 repeat-while eflags"), HasSubstr("cannot repeat on eflags"));
  EXPECT_THAT(error_of("int 1 repeat-while ebx repeat-while ecx"), HasSubstr("given twice"));
  EXPECT_THAT(error_of("int 1 repeat-limit 5"), HasSubstr("means nothing without repeat-while"));
  EXPECT_THAT(error_of("int 1 repeat-while ebx repeat-limit 0"), HasSubstr("would call nothing"));
  const auto steps = parse_script("int 1 repeat-while ebx repeat-limit 7", "s");
  ASSERT_TRUE(steps);
  EXPECT_EQ(steps->front().step.repeat_limit, 7);
}

TEST(BiosScript, MemoryLinesAreChecked) {
  EXPECT_EQ(error_of("memory 0xFFFFFFF0 16"), "no error");
  EXPECT_THAT(error_of("memory 0xFFFFFFF0 17"), HasSubstr("cannot read 17 bytes"));
  EXPECT_THAT(error_of("memory 0 0"), HasSubstr("cannot read 0 bytes"));
  EXPECT_THAT(error_of("memory 0 65537"), HasSubstr("cannot read 65537 bytes"));
  EXPECT_THAT(error_of("memory 0 1 ax=1"), HasSubstr("'ax=1' after a complete memory line (s:1:12)"));
}

TEST(BiosScript, QuotesProtectBlanksAndComments) {
  const auto steps = parse_script("int 1 eax='A #B' # 'open\nint 2 \\\n\n", "s");
  ASSERT_TRUE(steps) << steps.error().text();
  EXPECT_EQ(steps->front().step.call.registers.eax, 0x41202342u);
  EXPECT_EQ(steps->size(), 2u);
}

TEST(BiosScript, InputsAreLoadedIntoTheirPlace) {
  const auto path = std::filesystem::temp_directory_path() / ("kjump-input-" + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary) << "abc";
  const std::string in = ",in=" + path.string();
  auto steps = parse_script("int 1 buffer es:di=4 buffer es:si=3" + in + "\nint 1 buffer es:di=2" + in, "s");
  ASSERT_TRUE(steps) << steps.error().text();
  ASSERT_TRUE(load_inputs((*steps)[0]));
  EXPECT_EQ((*steps)[0].step.input.size(), 19u);
  EXPECT_EQ((*steps)[0].step.input[16], std::byte{'a'});
  EXPECT_THAT(load_inputs((*steps)[1]).error().text(), HasSubstr("longer than the buffer of 2 bytes"));
  std::filesystem::remove(path);
  EXPECT_EQ(load_inputs((*steps)[0]).error().code, ErrorCode::kSystem);
}

TEST(BiosScript, AnEmptyCallIsAnError) {
  EXPECT_FALSE(parse_call({}));
}

}  // namespace
}  // namespace kjump::bios
