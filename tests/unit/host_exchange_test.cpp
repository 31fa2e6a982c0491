// SPDX-License-Identifier: MIT
// Rule: the payload is not trusted. Whatever it leaves in the exchange, reading stays within 64 KiB, and
// what cannot be the answer to this jump is "refused" with a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "host/exchange.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

constexpr ExchangeTicket kTicket{
    .nonce = 0xABCDEF, .sequence = 3, .deadline_ms = 250, .call_deadline_ms = 120};

// An exchange as a good payload leaves it, with one change.
template <typename Change>
std::vector<std::byte> answered(Change change) {
  std::vector<std::byte> exchange = fill_exchange(kTicket, {}).value();
  abi::ExchangeHeader header{};
  std::memcpy(&header, exchange.data(), sizeof(header));
  header.completed = header.sequence;
  header.outcome = static_cast<std::uint32_t>(abi::Outcome::kReturned);
  change(header);
  std::memcpy(exchange.data(), &header, sizeof(header));
  return exchange;
}

TEST(HostExchange, FillsEveryFieldOfTheHeader) {
  const std::vector<std::byte> request{std::byte{1}, std::byte{2}};
  const auto exchange = fill_exchange(kTicket, request).value();
  ASSERT_EQ(exchange.size(), abi::kExchangeBytes);
  abi::ExchangeHeader header{};
  std::memcpy(&header, exchange.data(), sizeof(header));
  EXPECT_EQ(header.magic, abi::kExchangeMagic);
  EXPECT_EQ(header.version, abi::kExchangeVersion);
  EXPECT_EQ(header.header_bytes, abi::kExchangeHeaderBytes);
  EXPECT_EQ(header.nonce, kTicket.nonce);
  EXPECT_EQ(header.sequence, 3U);
  EXPECT_EQ(header.completed, 0U);
  EXPECT_EQ(header.outcome, 0U);
  EXPECT_EQ(header.request_offset, abi::kRequestOffset);
  EXPECT_EQ(header.request_bytes, 2U);
  EXPECT_EQ(header.reply_offset, abi::kReplyOffset);
  EXPECT_EQ(header.reply_capacity, abi::kReplyCapacity);
  EXPECT_EQ(header.console_offset, abi::kConsoleOffset);
  EXPECT_EQ(header.console_capacity, abi::kConsoleCapacity);
  EXPECT_EQ(header.deadline_ms, 250U);
  EXPECT_EQ(header.call_deadline_ms, 120U);
  EXPECT_EQ(header.contract.classes, 0U);
  EXPECT_EQ(exchange[abi::kRequestOffset + 1], std::byte{2});
}

TEST(HostExchange, RequestThatDoesNotFitIsRefused) {
  const std::vector<std::byte> request(abi::kRequestCapacity + 1);
  const auto filled = fill_exchange(kTicket, request);
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().code, ErrorCode::kLimit);
}

TEST(HostExchange, ReadsReplyConsoleAndStatus) {
  auto exchange = answered([](abi::ExchangeHeader& header) {
    header.status = 7;
    header.reply_bytes = 2;
    header.console_bytes = 3;
    header.repairs = 1;
  });
  exchange[abi::kReplyOffset] = std::byte{0x55};
  std::memcpy(exchange.data() + abi::kConsoleOffset, "abc", 3);
  const JumpReport report = read_exchange(kTicket, exchange);
  EXPECT_EQ(report.outcome, abi::Outcome::kReturned);
  EXPECT_EQ(report.status, 7U);
  EXPECT_EQ(report.reply, (std::vector<std::byte>{std::byte{0x55}, std::byte{0}}));
  EXPECT_EQ(report.console, "abc");
  EXPECT_FALSE(report.console_cut);
  EXPECT_EQ(report.reason, "");
}

TEST(HostExchange, LiesAboutLengthsAreCutAndTold) {
  const JumpReport report = read_exchange(kTicket, answered([](abi::ExchangeHeader& header) {
                                            header.reply_bytes = 0xFFFFFFFF;
                                            header.console_bytes = 0xFFFFFFFF;
                                            header.reply_offset = 0xFFFFFFF0;
                                          }));
  EXPECT_EQ(report.outcome, abi::Outcome::kReturned);
  EXPECT_EQ(report.reply.size(), abi::kReplyCapacity);
  EXPECT_EQ(report.console.size(), abi::kConsoleCapacity);
  EXPECT_TRUE(report.console_cut);
  EXPECT_THAT(report.reason, HasSubstr("claims a reply of 4294967295 bytes"));
  EXPECT_THAT(report.reason, HasSubstr("changed the places"));
}

TEST(HostExchange, ForeignAnswersAreRefused) {
  const auto reason = [](const std::vector<std::byte>& exchange) {
    const JumpReport report = read_exchange(kTicket, exchange);
    EXPECT_EQ(report.outcome, abi::Outcome::kRefused);
    EXPECT_TRUE(report.reply.empty());
    return report.reason;
  };
  EXPECT_THAT(reason(fill_exchange(kTicket, {}).value()), HasSubstr("foreign nonce"));
  EXPECT_THAT(reason(answered([](auto& header) { header.nonce = 1; })), HasSubstr("overwritten"));
  EXPECT_THAT(reason(answered([](auto& header) { header.magic = 0; })), HasSubstr("overwritten"));
  EXPECT_THAT(reason(answered([](auto& header) { header.completed = 2; })), HasSubstr("jump 2 of 3"));
  EXPECT_THAT(reason(answered([](auto& header) { header.outcome = 0; })), HasSubstr("half written"));
  EXPECT_THAT(reason(answered([](auto& header) { header.outcome = 77; })), HasSubstr("unknown outcome, 77"));
  EXPECT_THAT(reason({}), HasSubstr("as a whole"));
}

TEST(HostExchange, TimeoutAndFaultAreReported) {
  const auto timeout =
      answered([](auto& header) { header.outcome = static_cast<std::uint32_t>(abi::Outcome::kTimeout); });
  EXPECT_THAT(read_exchange(kTicket, timeout).reason, HasSubstr("250 ms"));
  const auto fault = answered([](auto& header) {
    header.outcome = static_cast<std::uint32_t>(abi::Outcome::kFault);
    header.fault.vector = 13;
  });
  EXPECT_EQ(read_exchange(kTicket, fault).fault.vector, 13U);
}

TEST(HostExchange, ACallsOwnDeadlineIsNamed) {
  const auto report = read_exchange(kTicket, answered([](abi::ExchangeHeader& header) {
                                      header.outcome = static_cast<std::uint32_t>(abi::Outcome::kTimeout);
                                      header.expired_call = 4;
                                      header.expired_call_ms = 90;
                                    }));
  EXPECT_EQ(report.expired_call, 4U);
  EXPECT_EQ(report.reason, "firmware call 4 had not come back after its own 90 ms");
}

TEST(HostExchange, TheContractReportIsTakenOnlyIfAskedForAndAsFarAsItIsThere) {
  const auto lies = [](abi::ExchangeHeader& header) {
    header.contract = {.classes = 0, .records = 0xFFFFFFFF, .dropped = 7, .skipped = 0xFFFFFFFF};
    header.stacks[0] = {4096, 4097};
    header.stacks[1] = {16384, 16384};
  };
  EXPECT_TRUE(read_exchange(kTicket, answered(lies)).contract.records.empty());
  ExchangeTicket asked = kTicket;
  asked.contract_classes = abi::kContractFlags;
  auto exchange = answered(lies);
  for (std::uint32_t i = 0; i < abi::kContractRecords; ++i) {
    abi::ContractRecord record{};
    record.line = static_cast<std::uint16_t>(i);  // most are none
    record.bytes = 1;
    record.flags = 0xFFFF;
    std::memcpy(exchange.data() + abi::kContractOffset + i * sizeof record, &record, sizeof record);
  }
  const JumpReport report = read_exchange(asked, exchange);
  EXPECT_EQ(report.contract.classes, abi::kContractFlags);
  EXPECT_EQ(report.contract.records.size(), abi::kContractLines);
  EXPECT_EQ(report.contract.records[1].flags, abi::kContractRepaired | abi::kContractExpected);
  EXPECT_EQ(report.contract.dropped, 7U);
  EXPECT_EQ(report.contract.skipped >> abi::kContractLines, 0U);
  EXPECT_THAT(report.reason, HasSubstr("rubbish"));
  EXPECT_EQ(report.stacks[0].bytes, 0U) << "a mark beyond its stack";
  EXPECT_EQ(report.stacks[1].used, 16384U);
}

TEST(HostExchange, PhasesCountOnlyWithinThePassage) {
  const TscRate rate{.ticks = 2000, .nanoseconds = 1000};  // 2 GHz
  const auto exchange = answered([](auto& header) {
    header.tsc_entry = 10'000;
    header.tsc_payload = 20'000;
    header.tsc_payload_end = 30'000;
  });
  const Phases phases = phases_of(exchange, {4'000, 40'000, {}, {}}, rate);
  EXPECT_EQ(phases.way_in, 3U);
  EXPECT_EQ(phases.payload, 5U);
  EXPECT_EQ(phases.way_back, 5U);
  const Phases late = phases_of(exchange, {15'000, 25'000, {}, {}}, rate);
  EXPECT_EQ(late.way_in, std::nullopt);
  EXPECT_EQ(late.payload, std::nullopt);
  EXPECT_EQ(late.way_back, std::nullopt);
  EXPECT_EQ(phases_of(exchange, {4'000, 40'000, {}, {}}, {}).way_in, std::nullopt) << "no calibration";
}

TEST(HostExchange, ACounterThatWasResetSaysNothingAboutTheTimeBefore) {
  const TscRate rate{.ticks = 2000, .nanoseconds = 1000};
  const auto exchange = answered([](auto& header) {
    header.tsc_entry = 10'000;
    header.tsc_payload = 20'000;
    header.tsc_payload_end = 30'000;
  });
  const Phases reset = phases_of(exchange, {9'000'000, 40'000, 700'000, {}}, rate);
  EXPECT_EQ(reset.way_in, 700U - 15U) << "the time away, less what the counter saw after the entry";
  EXPECT_EQ(reset.payload, 5U);
  EXPECT_EQ(reset.way_back, 5U);
  const Phases went_on = phases_of(exchange, {4'000, 40'000, 900'000'000, {}}, rate);
  EXPECT_EQ(went_on.way_in, 3U) << "CLOCK_BOOTTIME is off by up to a second";
  const Phases uptime = phases_of(exchange, {4'000, 40'000, 5'000'000'000, {}}, rate);
  EXPECT_EQ(uptime.way_in, 5'000'000U - 15U) << "ordered by chance";
}

TEST(HostExchange, RandomBytesDoNoHarm) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    auto exchange = answered([](auto&) {});
    for (std::size_t at = 20; at < sizeof(abi::ExchangeHeader); ++at) {
      exchange[at] = static_cast<std::byte>(random());
    }
    const JumpReport report = read_exchange(kTicket, exchange);
    EXPECT_LE(report.reply.size(), abi::kReplyCapacity);
    static_cast<void>(phases_of(exchange, {0, 1000, {}, {}}, {1, 1}));
  }
}

}  // namespace
}  // namespace kjump
