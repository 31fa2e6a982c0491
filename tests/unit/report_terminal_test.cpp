// SPDX-License-Identifier: MIT
// Rule: nothing that a payload, firmware or a guest writes can make a terminal do more than show characters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/terminal.hpp"
#include "report/text.hpp"

namespace kjump::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportTerminal, TextIsLeftAlone) {
  for (const char* text : {"", "The BIOS says: 639 KiB\n", "a\tb\n",
                           "Gr\xC3\xBC\xC3\x9F"
                           "e \xE2\x82\xAC \xF0\x9F\x98\x80"}) {
    EXPECT_EQ(for_terminal(text), text);
  }
  EXPECT_EQ(for_terminal("one\r\ntwo\r\n"), "one\ntwo\n") << "as a BIOS ends its lines";
}

TEST(ReportTerminal, EscapesAreShownNotObeyed) {
  EXPECT_EQ(for_terminal("\x1B]0;root\x07\x1B[2J"), "\\x1b]0;root\\x07\\x1b[2J");
  EXPECT_EQ(for_terminal("returned\rfault   "), "returned\\x0dfault   ");
  EXPECT_EQ(for_terminal("a\bb\x7F"), "a\\x08b\\x7f");
  EXPECT_EQ(for_terminal(std::string_view("\0", 1)), "\\x00");
}

TEST(ReportTerminal, ControlsBeyondAsciiCountToo) {
  EXPECT_EQ(for_terminal("\x9B"
                         "2J"),
            "\\x9b2J")
      << "CSI in one byte";
  EXPECT_EQ(for_terminal("\xC2\x9B"
                         "2J"),
            "\\xc2\\x9b2J")
      << "the same in UTF-8";
  EXPECT_EQ(for_terminal("\xE2\x80\xAE"), "\\xe2\\x80\\xae") << "from right to left";
}

TEST(ReportTerminal, WhatIsNoUtf8IsShownByteByByte) {
  EXPECT_EQ(for_terminal("\xC0\x9B"), "\\xc0\\x9b") << "a detour to U+001B";
  EXPECT_EQ(for_terminal("\xE0\x80\x9B"), "\\xe0\\x80\\x9b");
  EXPECT_EQ(for_terminal("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(for_terminal("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(for_terminal("\xE2\x82"), "\\xe2\\x82") << "cut off";
  EXPECT_EQ(for_terminal("\xE2\x1B\x82"), "\\xe2\\x1b\\x82");
}

TEST(ReportTerminal, TheReportOfARunIsSafe) {
  RunReport report;
  report.kernel = report.door = "\x1B[1m";
  report.door_reason = report.target = "\x1B[2m";
  report.notes = {"\x1B[3m"};
  report.breaches = {"\x1B[4m"};
  JumpReport jump;
  jump.outcome = abi::Outcome::kReturned;
  jump.console = "hidden\r\x1B[5m";
  jump.reason = "\x1B[6m";
  jump.reply = {std::byte{'a'}, std::byte{'\r'}, std::byte{'b'}};
  report.jumps = {jump};
  const std::string text = to_text(report);
  EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, HasSubstr("hidden\\x0d\\x1b[5m\n"));
}

}  // namespace
}  // namespace kjump::report
