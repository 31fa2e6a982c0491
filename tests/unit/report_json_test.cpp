// SPDX-License-Identifier: MIT
// Rule: a RunReport survives the way through JSON without losing a bit, and text that is no report is refused
// with the name of what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include <kjump/abi/firmware_call.hpp>
#include "report/base64.hpp"

#include "report/json.hpp"

namespace kjump::report {
namespace {

using ::testing::HasSubstr;

// Every field differs from every other and from zero.
RunReport full_report() {
  JumpReport jump;
  jump.outcome = abi::Outcome::kFault;
  jump.status = 0xFFFFFFFF;
  jump.console = "text \"quoted\"\n\x80\xFF\x01";
  jump.console_cut = true;
  jump.repairs = abi::kRepairA20 | 1U << 31;
  jump.hardware_notes = abi::kHardwareX2apic | 1U << 17;
  jump.phases = {.load = 1, .way_in = std::uint64_t{1} << 60, .payload = {}, .way_back = 0};
  jump.reason = "because";
  for (int i = 0; i < 300; ++i) {
    jump.reply.push_back(static_cast<std::byte>(i));
  }
  auto fill = [](auto& fields, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      reinterpret_cast<unsigned char*>(&fields)[i] = static_cast<unsigned char>(0x91 + 7 * i);
    }
  };
  fill(jump.entry, sizeof jump.entry);
  std::memset(jump.entry.reserved_selectors, 0, sizeof jump.entry.reserved_selectors);
  std::memset(jump.entry.reserved, 0, sizeof jump.entry.reserved);
  fill(jump.fault, sizeof jump.fault);
  jump.fault.call.kind = abi::CallKind::kFarCall;
  jump.fault.call.registers.stack = 0;  // what a call gives back says nothing about one that did not
  jump.fault.call.repairs = 0;
  jump.fault.call.deadline_ms = 0;  // that is told by expired_call
  jump.fault.reserved = 0;
  jump.place = "kjump_main+0x12";
  jump.expired_call = 77;
  jump.stacks = {{{4096, 1}, {16384, 22}, {12272, 333}}};
  jump.contract = {abi::kContractFlags | abi::kContractVideo, {}, 5, 1U << 3 | 1U << 27};
  for (std::uint16_t line = 0; line < abi::kContractLines; ++line) {
    jump.contract.records.push_back({.before = ~std::uint64_t{line},
                                     .after = line,
                                     .call = line + 2U,
                                     .index = line + 300U,
                                     .eax = line + 400U,
                                     .line = line,
                                     .flags = static_cast<std::uint16_t>(line % 4),
                                     .kind = static_cast<std::uint16_t>(line % 2),
                                     .vector = static_cast<std::uint16_t>(line + 500),
                                     .target_offset = static_cast<std::uint16_t>(line + 600),
                                     .target_segment = static_cast<std::uint16_t>(line + 700),
                                     .bytes = static_cast<std::uint16_t>(1 + line % 8),
                                     .reserved = {}});
  }
  jump.source = "/tmp/hello.cpp:33";
  RunReport report{"vm",       "carrier",  "as asked",   "6.12.0", {jump, JumpReport{}},
                   {"a note"}, "/tmp/log", {"a breach"}, {}};
  report.jumps[1].outcome = abi::Outcome::kReturned;
  return report;
}

TEST(ReportJson, RoundTripsEverything) {
  const RunReport report = full_report();
  const auto back = report_from_json(to_json(report));
  ASSERT_TRUE(back) << back.error().text();
  ASSERT_EQ(back->jumps.size(), 2U);
  const JumpReport& expected = report.jumps[0];
  const JumpReport& jump = back->jumps[0];
  EXPECT_EQ(jump.reply, expected.reply);
  EXPECT_EQ(jump.console, expected.console);
  EXPECT_EQ(std::memcmp(&jump.entry, &expected.entry, sizeof jump.entry), 0);
  EXPECT_EQ(std::memcmp(&jump.fault, &expected.fault, sizeof jump.fault), 0);
  EXPECT_EQ(jump.repairs, expected.repairs);
  EXPECT_EQ(jump.expired_call, 77U);
  EXPECT_EQ(jump.stacks[2].used, 333U);
  EXPECT_EQ(jump.contract.classes, expected.contract.classes);
  EXPECT_EQ(jump.contract.dropped, 5U);
  EXPECT_EQ(jump.contract.skipped, expected.contract.skipped);
  ASSERT_EQ(jump.contract.records.size(), abi::kContractLines);
  EXPECT_EQ(std::memcmp(jump.contract.records.data(), expected.contract.records.data(),
                        abi::kContractLines * sizeof(abi::ContractRecord)),
            0);
  EXPECT_EQ(jump.hardware_notes, expected.hardware_notes);
  EXPECT_EQ(jump.phases.way_in, expected.phases.way_in);
  EXPECT_FALSE(jump.phases.payload.has_value());
  EXPECT_EQ(jump.phases.way_back, 0U);
  // The rest shows in the text, and equal text means equal content.
  EXPECT_EQ(to_json(*back), to_json(report));
}

TEST(ReportJson, HasTheDocumentedKeys) {
  const auto json = nlohmann::json::parse(to_json(full_report()));
  const auto& jump = json.at("jumps").at(0);
  EXPECT_EQ(json.at("target"), "vm");
  EXPECT_EQ(jump.at("outcome"), "fault");
  EXPECT_EQ(jump.at("status"), 0xFFFFFFFF);
  EXPECT_EQ(jump.at("repairs"), nlohmann::json::array({"a20", "bit31"}));
  EXPECT_EQ(jump.at("phases_us").at("load"), 1);
  EXPECT_TRUE(jump.at("phases_us").at("payload").is_null());
  EXPECT_TRUE(jump.at("entry_state").at("cr0").is_string());
  EXPECT_TRUE(json.at("jumps").at(1).at("fault").is_null());
}

TEST(ReportJson, NamesWhatIsMissingOrWrong) {
  const auto good = nlohmann::json::parse(to_json(full_report()));
  for (const auto& item : good.items()) {
    auto bad = good;
    bad.erase(item.key());
    const auto report = report_from_json(bad.dump());
    ASSERT_FALSE(report) << item.key();
    EXPECT_THAT(report.error().what, HasSubstr(item.key()));
    EXPECT_EQ(report.error().code, ErrorCode::kMalformed);
  }
  const auto refuse = [&good](const char* pointer, const nlohmann::json& value, const char* word) {
    auto bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    const auto report = report_from_json(bad.dump());
    ASSERT_FALSE(report) << pointer;
    EXPECT_THAT(report.error().what, HasSubstr(word));
  };
  refuse("/jumps/0/outcome", "splendid", "outcome");
  refuse("/jumps/0/status", 0x100000000, "status");
  refuse("/jumps/0/status", -1, "status");
  refuse("/jumps/0/reply", "AAA", "base64");
  refuse("/jumps/0/console", "\xE2\x82\xAC", "console");
  refuse("/jumps/0/repairs", nlohmann::json::array({"bit32"}), "bit32");
  refuse("/jumps/0/entry_state/cs", "0x10000", "cs");
  refuse("/jumps/0/entry_state/rsp", "12", "rsp");
  refuse("/jumps/0/fault/ip", "0x", "ip");
  refuse("/jumps/0/phases_us/load", "long", "load");
  refuse("/jumps/0/contract/classes", "flags,fun", "fun");
  refuse("/jumps/0/contract/changes/0/what", "weather", "weather");
  refuse("/jumps/0/contract/changes/0/callee/vector", "0x10000", "vector");
  refuse("/jumps/0/stacks/payload/used", -1, "used");
}

TEST(ReportJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "null", "[]", "{", "3", "{\"jumps\":3}"}) {
    EXPECT_FALSE(report_from_json(text)) << text;
    EXPECT_FALSE(error_from_json(text)) << text;
  }
}

TEST(ReportJson, CarriesAnErrorAsAWhole) {
  const Error error{ErrorCode::kForbidden, "cannot load", "kexec_load", "be root", 1};
  const auto back = error_from_json(to_json(error));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->code, error.code);
  EXPECT_EQ(back->text(), error.text());
  EXPECT_FALSE(error_from_json(to_json(full_report())));
}

TEST(Base64, AcceptsExactlyWhatItWrites) {
  // RFC 4648 section 10.
  const std::string source = "foobar";
  const char* expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (std::size_t length = 0; length <= source.size(); ++length) {
    const auto bytes = std::as_bytes(std::span(source).first(length));
    EXPECT_EQ(encode_base64(bytes), expected[length]);
    const auto back = decode_base64(expected[length]);
    ASSERT_TRUE(back);
    EXPECT_TRUE(std::equal(back->begin(), back->end(), bytes.begin(), bytes.end()));
  }
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9v====", "Zm 9", "Zm9v\n", "====", "Z=g="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace kjump::report
