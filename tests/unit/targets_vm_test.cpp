// SPDX-License-Identifier: MIT
// Rule: the carrier's plan says exactly what the image and the request say, within the carrier's limits; and
// of a dead machine's memory only what carries the run's nonce is believed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstring>
#include <vector>

#include <kjump/abi/carrier.hpp>
#include <kjump/abi/crash_record.hpp>
#include <kjump/image.hpp>

#include "targets/vm/carrier_report.hpp"
#include "targets/vm/guest_memory.hpp"
#include "targets/vm/plan.hpp"

namespace kjump::targets {
namespace {

using ::testing::HasSubstr;

constexpr ExchangeTicket kTicket{0x1122334455667788, 1, 250};

Image image_of(std::uint32_t flags = 0) {
  Segment segment{abi::kRealBase, abi::kPageBytes, std::vector<std::byte>(0x200, std::byte{0xC3})};
  const abi::LoaderParameters parameters;
  std::memcpy(segment.content.data() + 0x100, &parameters, sizeof parameters);
  ImageInfo info;
  info.name = "test";
  info.version = "0";
  info.flags = flags;
  info.kexec_entry = abi::kRealBase;
  info.parameters = abi::kRealBase + 0x100;
  info.deadline_ms = 500;
  if (!info.standalone()) {
    info.exchange_base = abi::kExchangeBase;
    info.exchange_bytes = abi::kExchangeBytes;
  }
  auto image = Image::build(info, {segment}, {});
  EXPECT_TRUE(image) << image.error().text();
  return *image;
}

template <typename Struct>
Struct read_struct(const std::vector<std::byte>& bytes, std::size_t offset) {
  Struct value{};
  EXPECT_LE(offset + sizeof value, bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

TEST(Plan, HoldsImageExchangeAndRequest) {
  RunRequest request;
  request.jumps = 3;
  request.request = {std::byte{'r'}, std::byte{'q'}};
  const auto plan = build_plan(image_of(), request, kTicket);
  ASSERT_TRUE(plan) << plan.error().text();
  const auto header = read_struct<abi::CarrierPlan>(*plan, 0);
  EXPECT_EQ(header.magic, abi::kCarrierMagic);
  EXPECT_EQ(header.nonce, kTicket.nonce);
  EXPECT_EQ(header.jumps, 3U);
  EXPECT_EQ(header.entry, abi::kRealBase);
  EXPECT_EQ(header.header_address, abi::kExchangeBase);
  ASSERT_EQ(header.piece_count, 3U) << "image, exchange, crash record";
  const auto first = read_struct<abi::CarrierPiece>(*plan, sizeof header);
  const auto second = read_struct<abi::CarrierPiece>(*plan, sizeof header + sizeof first);
  EXPECT_EQ(second.address, abi::kExchangeBase);
  EXPECT_EQ(second.content_bytes, abi::kExchangeBytes);  // the carrier copies that much before every jump
  const std::size_t contents = sizeof header + 3 * sizeof first;
  const auto parameters = read_struct<abi::LoaderParameters>(*plan, contents + 0x100);
  EXPECT_EQ(parameters.nonce, kTicket.nonce);
  EXPECT_EQ(parameters.kernel_gdt_base, abi::kCarrierGdtBase);
  EXPECT_EQ(parameters.flags, abi::kParameterHasExchange | abi::kParameterLoadKernelGdt |
                                  abi::kParameterHasCrashRecord | abi::kParameterClockInterrupt);
  const std::size_t exchange = contents + first.content_bytes;
  EXPECT_EQ(read_struct<abi::ExchangeHeader>(*plan, exchange).deadline_ms, kTicket.deadline_ms);
  EXPECT_EQ(plan->at(exchange + abi::kRequestOffset + 1), std::byte{'q'});
  EXPECT_EQ(plan->size(), exchange + abi::kExchangeBytes + abi::kCrashRecordBytes);
}

TEST(Plan, OfAStandaloneImageHasNoExchange) {
  const auto plan = build_plan(image_of(abi::kImageStandalone), {}, kTicket);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(read_struct<abi::CarrierPlan>(*plan, 0).header_address, 0U);
  RunRequest request;
  request.request.resize(1);
  EXPECT_FALSE(build_plan(image_of(abi::kImageStandalone), request, kTicket));
}

TEST(Plan, KeepsTheCarriersLimits) {
  RunRequest request;
  for (const std::uint32_t jumps : {0U, abi::kCarrierMaxJumps + 1}) {
    request.jumps = jumps;
    EXPECT_EQ(build_plan(image_of(), request, kTicket).error().code, ErrorCode::kLimit);
  }
  request.jumps = abi::kCarrierMaxJumps;
  EXPECT_TRUE(build_plan(image_of(), request, kTicket));
  request.request.resize(abi::kRequestCapacity + 1);
  EXPECT_FALSE(build_plan(image_of(), request, kTicket));
}

TEST(Plan, TakesTheCallersDeadlineFirst) {
  RunRequest request;
  request.deadline_ms = 70;
  EXPECT_EQ(jump_deadline_ms(image_of(), request), 70U);
  EXPECT_EQ(jump_deadline_ms(image_of(), {}), 500U);
}

class CarrierReport : public ::testing::Test {
 protected:
  template <typename Struct>
  void put(std::uint64_t address, const Struct& value) {
    ASSERT_EQ(::pwrite(memory_.fd(), &value, sizeof value, static_cast<off_t>(address)),
              static_cast<ssize_t>(sizeof value));
  }
  static abi::CarrierResult result(std::uint32_t jumps) {
    abi::CarrierResult result{};
    result.magic = abi::kCarrierMagic;
    result.nonce = kTicket.nonce;
    result.jumps_done = jumps;
    return result;
  }
  static abi::ExchangeHeader header(std::uint32_t sequence) {
    abi::ExchangeHeader header{};
    const auto filled = *fill_exchange({kTicket.nonce, sequence, 250}, {});
    std::memcpy(&header, filled.data(), sizeof header);
    header.completed = sequence;
    header.outcome = static_cast<std::uint32_t>(abi::Outcome::kReturned);
    return header;
  }
  Result<RunReport> read() { return read_carrier_report(memory_, image_of(), kTicket, TscRate{2000, 1000}); }

  GuestMemory memory_ = *GuestMemory::create(abi::kCarrierMinMemoryMib);
};

TEST_F(CarrierReport, ReadsEveryJumpWithItsPhases) {
  auto outcome = result(2);
  outcome.jump[0] = {1000, 9000};
  outcome.breaches = abi::kBreachR11;
  put(abi::kCarrierResultBase, outcome);
  auto first = header(1);
  first.tsc_entry = 3000;
  first.tsc_payload = 4000;
  first.tsc_payload_end = 5000;
  put(abi::kCarrierCopyBase, first);
  put(abi::kCarrierCopyBase + abi::kExchangeBytes, header(2));
  const auto report = read();
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_EQ(report->jumps.size(), 2U);
  EXPECT_EQ(report->jumps[0].phases.way_in, 1U);  // 2000 ticks of half a nanosecond
  EXPECT_EQ(report->jumps[1].outcome, abi::Outcome::kReturned);
  EXPECT_EQ(report->breaches, std::vector<std::string>{"R11 is zero"});
}

TEST_F(CarrierReport, EndsWithTheFirstJumpThatDidNotReturn) {
  put(abi::kCarrierResultBase, result(2));
  auto faulted = header(1);
  faulted.outcome = static_cast<std::uint32_t>(abi::Outcome::kFault);
  put(abi::kCarrierCopyBase, faulted);
  put(abi::kCarrierCopyBase + abi::kExchangeBytes, header(2));
  const auto report = read();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->jumps.size(), 1U);
}

TEST_F(CarrierReport, BelievesNothingWithoutTheNonce) {
  EXPECT_THAT(read().error().what, HasSubstr("no result of this run"));
  auto foreign = result(1);
  ++foreign.nonce;
  put(abi::kCarrierResultBase, foreign);
  EXPECT_THAT(read().error().what, HasSubstr("no result of this run"));
  put(abi::kCarrierResultBase, result(abi::kCarrierMaxJumps + 1));
  EXPECT_FALSE(read());
  put(abi::kCarrierResultBase, result(0));
  EXPECT_THAT(read().error().what, HasSubstr("no jump"));
}

TEST_F(CarrierReport, SaysWhereALostMachineWasSeenLast) {
  const auto seen = [this] { return last_seen(memory_, image_of(), kTicket); };
  EXPECT_THAT(seen(), HasSubstr("before the first jump"));
  put(abi::kCarrierResultBase, result(1));
  EXPECT_EQ(seen(), "jump 2 was lost, and the exchange is damaged");
  auto now = header(2);
  put(abi::kExchangeBase, now);
  EXPECT_THAT(seen(), HasSubstr("before the stub's first instruction"));
  abi::CrashRecord record{};
  record.trail.stage = static_cast<std::uint32_t>(abi::Stage::kEntered);
  put(abi::kCrashRecordBase, record);
  EXPECT_THAT(seen(), HasSubstr("on the way to the payload"));
  record.trail = {.stage = static_cast<std::uint32_t>(abi::Stage::kPayload),
                  .calls = 3,
                  .call = 0x13 << 16,
                  .target = 0,
                  .eax = 0x4200,
                  .in_call = abi::kTrailInCall};
  put(abi::kCrashRecordBase, record);
  EXPECT_THAT(seen(), HasSubstr("in the payload, in its firmware call number 3, INT 13h AX=4200"));
  record.trail.in_call = 0;
  put(abi::kCrashRecordBase, record);
  now.console_bytes = 0xFFFFFFFF;  // a lie
  put(abi::kExchangeBase, now);
  put(abi::kExchangeBase + abi::kConsoleOffset, std::array<char, 3>{'h', 'i', '\n'});
  EXPECT_THAT(seen(), HasSubstr("in the payload; the payload had printed: hi"));
  record.trail.stage = static_cast<std::uint32_t>(abi::Stage::kLeaving);
  put(abi::kCrashRecordBase, record);
  EXPECT_THAT(seen(), HasSubstr("on the way back"));
}

}  // namespace
}  // namespace kjump::targets
