// SPDX-License-Identifier: MIT
// Rule: registers can be given by every name and number form that people use, everything not given is zero
// with CF and IF set (T14, T18), and what contradicts itself or cannot be meant is refused with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>

#include "bios/registers.hpp"
#include "bios/text.hpp"

namespace kjump::bios {
namespace {

using ::testing::HasSubstr;

Part whole(const Token& token) {
  return {token, 0, token.text};
}

Token script_word(std::string text) {
  Token token = argument(std::move(text));
  token.source = "calls.txt";
  token.line = 3;
  token.column = 14;
  return token;
}

Result<std::uint32_t> number(const std::string& text, unsigned bits = 32) {
  const Token token = script_word(text);
  return parse_number(whole(token), bits);
}

Result<abi::FirmwareRegisters> assign(const std::vector<std::string>& texts) {
  RegisterSet set;
  for (const std::string& text : texts) {
    KJUMP_CHECK(set.assign(argument(text)));
  }
  return set.get();
}

std::string error_of(const std::vector<std::string>& texts) {
  const auto result = assign(texts);
  return result ? "no error" : result.error().text();
}

TEST(BiosNumbers, AllFormsMeanTheSame) {
  for (const char* text : {"59424", "0xE820", "0xe820", "0E820h", "0E820H"}) {
    EXPECT_EQ(number(text), 0xE820u) << text;
  }
  EXPECT_EQ(number("'SMAP'"), 0x534D4150u);
  EXPECT_EQ(number("'A'", 8), 0x41u);
  EXPECT_EQ(number("0xFFFFFFFF"), 0xFFFFFFFFu);
  EXPECT_EQ(number("0"), 0u);
}

TEST(BiosNumbers, RefusesWhatIsNoNumberOrTooLarge) {
  for (const char* text :
       {"", "0x", "h", "bh", "12z", "0xG", "-1", "+1", "1 ", "''", "'", "'AB", "E820h", "SMAP"}) {
    EXPECT_FALSE(number(text)) << text;
  }
  EXPECT_FALSE(number("256", 8));
  EXPECT_FALSE(number("0x1FFFF", 16));
  EXPECT_FALSE(number("0x100000000"));
  EXPECT_FALSE(number("99999999999999999999999999"));
  EXPECT_FALSE(number("'ABC'", 16));
  EXPECT_FALSE(number("'ABCDE'"));
}

// A shell removes the quotes of edx='SMAP'.
TEST(BiosNumbers, ArgumentsTakeSignaturesWithoutQuotes) {
  EXPECT_EQ(assign({"edx=SMAP"})->edx, 0x534D4150u);
  EXPECT_EQ(assign({"eax=VBE2"})->eax, 0x56424532u);
  EXPECT_THAT(error_of({"eax=FACE"}), HasSubstr("not a number"));  // meant as hexadecimal
  EXPECT_THAT(error_of({"eax=smap"}), HasSubstr("not a number"));
  EXPECT_THAT(error_of({"ax=SM"}), HasSubstr("not a number"));
}

TEST(BiosRegisters, DefaultsAreZeroWithCarryAndInterrupts) {
  const auto registers = assign({});
  EXPECT_EQ(registers->eflags, 0x203u);
  EXPECT_EQ(registers->eax | registers->ebx | registers->esi | registers->es, 0u);
}

TEST(BiosRegisters, EveryNameReachesItsBits) {
  const auto registers = assign({"al=1", "ah=2", "ebx=0x12345678", "CX=3", "dl=0x80", "dh=1", "esi=4", "di=5",
                                 "ebp=6", "ds=7", "es=8", "fs=9", "gs=10"});
  ASSERT_TRUE(registers) << registers.error().text();
  EXPECT_EQ(registers->eax, 0x201u);
  EXPECT_EQ(registers->ebx, 0x12345678u);
  EXPECT_EQ(registers->ecx, 3u);
  EXPECT_EQ(registers->edx, 0x180u);
  EXPECT_EQ(registers->esi, 4u);
  EXPECT_EQ(registers->edi, 5u);
  EXPECT_EQ(registers->ebp, 6u);
  EXPECT_EQ(registers->ds, 7u);
  EXPECT_EQ(registers->es, 8u);
  EXPECT_EQ(registers->fs, 9u);
  EXPECT_EQ(registers->gs, 10u);
  for (const RegisterName& name : register_names()) {
    const std::uint32_t most = name.bits == 32 ? 0xFFFFFFFFu : (1u << name.bits) - 1;
    std::array<unsigned char, sizeof(abi::FirmwareRegisters)> ones{};
    ones.fill(0xFF);
    const auto all = std::bit_cast<abi::FirmwareRegisters>(ones);
    EXPECT_EQ(get_register(all, name), most) << name.name;
  }
}

TEST(BiosRegisters, FlagsAsAWholeOrBitByBit) {
  EXPECT_EQ(assign({"cf=0"})->eflags, 0x202u);
  EXPECT_EQ(assign({"cf=0", "if=0", "zf=1", "df=1"})->eflags, 0x442u);
  EXPECT_EQ(assign({"flags=0"})->eflags, 0x2u);  // bit 1 always reads as one
  EXPECT_EQ(assign({"eflags=0x40"})->eflags, 0x42u);
  EXPECT_THAT(error_of({"cf=2"}), HasSubstr("does not fit 1 bits"));
  EXPECT_THAT(error_of({"flags=0x100"}), HasSubstr("TF and AC"));  // T17
  EXPECT_THAT(error_of({"eflags=0x40000"}), HasSubstr("TF and AC"));
}

TEST(BiosRegisters, FarPointersAreHexadecimal) {
  const auto registers = assign({"es:di=2000:0x10", "ds:esi=f000:e05b"});
  ASSERT_TRUE(registers) << registers.error().text();
  EXPECT_EQ(registers->es, 0x2000);
  EXPECT_EQ(registers->edi, 0x10u);
  EXPECT_EQ(registers->ds, 0xF000);
  EXPECT_EQ(registers->esi, 0xE05Bu);
  for (const char* text :
       {"es:di=5", "es:di=:", "es:di=1:", "es:di=:1", "es:di=10000:0", "es:di=0:zz", "es:di=0:0:0"}) {
    EXPECT_NE(error_of({text}), "no error") << text;
  }
  EXPECT_THAT(error_of({"di:es=0:0"}), HasSubstr("not a segment register"));
  EXPECT_THAT(error_of({"es:dl=0:0"}), HasSubstr("cannot hold an offset"));
  EXPECT_THAT(error_of({"es:ds=0:0"}), HasSubstr("cannot hold an offset"));
  EXPECT_THAT(error_of({"es:cf=0:0"}), HasSubstr("cannot hold an offset"));
}

TEST(BiosRegisters, NothingIsSetTwice) {
  EXPECT_THAT(error_of({"ax=1", "ax=1"}), HasSubstr("ax is set twice"));
  EXPECT_THAT(error_of({"eax=1", "ah=1"}), HasSubstr("ah is set, but it overlaps eax"));
  EXPECT_THAT(error_of({"al=1", "ax=1"}), HasSubstr("ax is set, but it overlaps al"));
  EXPECT_THAT(error_of({"cf=1", "flags=0"}), HasSubstr("overlaps cf"));
  EXPECT_THAT(error_of({"es=1", "es:di=0:0"}), HasSubstr("es is set twice"));
  EXPECT_EQ(error_of({"al=1", "ah=1", "cf=1", "zf=1"}), "no error");
}

TEST(BiosRegisters, ErrorsNameThePlace) {
  EXPECT_THAT(error_of({"ax=zz"}), HasSubstr("'ax=zz', column 4"));
  EXPECT_THAT(error_of({"es:di=0:zz"}), HasSubstr("column 9"));
  EXPECT_THAT(error_of({"foo=1"}), HasSubstr("there is no register 'foo'"));
  EXPECT_THAT(error_of({"sp=1"}), HasSubstr("stack of kjump's own"));
  EXPECT_THAT(error_of({"ax"}), HasSubstr("is not REGISTER=VALUE"));
  EXPECT_THAT(error_of({"=1"}), HasSubstr("there is no register ''"));
  EXPECT_THAT(number("zz").error().text(), HasSubstr("calls.txt:3:14"));
}

TEST(BiosNumbers, VectorsOfTwoDigitsAreAmbiguous) {
  const auto vector = [](const std::string& text) {
    const Token token = argument(text);
    return parse_vector(whole(token));
  };
  EXPECT_EQ(vector("0x15"), 0x15);
  EXPECT_EQ(vector("15h"), 0x15);
  EXPECT_EQ(vector("5"), 5);
  EXPECT_THAT(vector("15").error().text(), HasSubstr("write 0x15 for INT 15h"));
  EXPECT_FALSE(vector("0x100"));
  EXPECT_FALSE(vector("300"));
}

}  // namespace
}  // namespace kjump::bios
