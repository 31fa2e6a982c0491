// SPDX-License-Identifier: MIT
// Rule: a batch that the payload would refuse or could not answer is refused before the jump, naming its
// step; a reply is believed only where every length and order fits the batch that was sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include <kjump/abi/exchange.hpp>

#include "unit/bios_answers.hpp"

namespace kjump::bios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::byte> record(std::uint32_t step, std::uint32_t iteration, std::uint32_t buffer_bytes) {
  abi::BatchResult result{};
  result.step = step;
  result.iteration = iteration;
  result.buffer_bytes = buffer_bytes;
  result.registers.eax = 0xAB00 + step;
  result.registers.eflags = 1;
  result.cycles = 77;
  std::vector<std::byte> bytes(sizeof(result) + (buffer_bytes + 3) / 4 * 4);
  std::memcpy(bytes.data(), &result, sizeof(result));
  if (buffer_bytes != 0) {
    bytes[sizeof(result)] = std::byte{0x5A};
  }
  return bytes;
}

std::vector<std::byte> join(const std::vector<std::vector<std::byte>>& parts) {
  std::vector<std::byte> all;
  for (const auto& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Step with_buffer(std::uint32_t offset, std::uint32_t bytes, std::size_t input = 0) {
  Step step = interrupt(0x15);
  step.buffer_offset = offset;
  step.buffer_bytes = bytes;
  step.input.resize(input);
  return step;
}

TEST(BiosBatch, EncodesHeaderStepsAndPaddedInput) {
  Step step = with_buffer(16, 10, 5);
  step.input[4] = std::byte{9};
  step.stop_on_carry = true;
  Batch batch;
  batch.add(step).add(far_call(0xF000, 0xE05B));
  const auto request = batch.encode();
  ASSERT_TRUE(request) << request.error().text();
  constexpr std::size_t kStep = sizeof(abi::BatchStep);
  ASSERT_EQ(request->size(), 8u + kStep + 8 + kStep);
  abi::BatchHeader header;
  std::memcpy(&header, request->data(), sizeof(header));
  EXPECT_EQ(header.magic, abi::kBatchMagic);
  EXPECT_EQ(header.step_count, 2u);
  abi::BatchStep first;
  std::memcpy(&first, request->data() + 8, sizeof(first));
  EXPECT_EQ(first.call.vector, 0x15);
  EXPECT_EQ(first.call.registers.eflags, kEntryFlags);
  EXPECT_EQ(first.flags, abi::kBatchStopOnCarry);
  EXPECT_EQ(first.buffer_offset, 16u);
  EXPECT_EQ(first.input_bytes, 5u);
  EXPECT_EQ((*request)[8 + kStep + 4], std::byte{9});
  abi::BatchStep second;
  std::memcpy(&second, request->data() + 8 + kStep + 8, sizeof(second));
  EXPECT_EQ(second.call.kind, abi::CallKind::kFarCall);
  EXPECT_EQ(second.call.target_segment, 0xF000);
}

TEST(BiosBatch, RefusesWhatThePayloadWouldRefuse) {
  const auto error_of = [](const Step& step) {
    const auto request = Batch().add(interrupt(0x12)).add(step).encode();
    return request ? "no error" : request.error().text();
  };
  EXPECT_EQ(error_of(with_buffer(0xFFF0, 16)), "no error");
  EXPECT_THAT(error_of(with_buffer(0xFFF0, 17)), HasSubstr("does not fit the bounce buffer"));
  EXPECT_THAT(error_of(with_buffer(0xFFFFFFF0, 32)), HasSubstr("step 1"));
  EXPECT_THAT(error_of(with_buffer(0, 4, 5)), HasSubstr("5 bytes of input"));
  Step memory = read_memory(0x475, 1);
  EXPECT_EQ(error_of(memory), "no error");
  memory.input.resize(1);
  EXPECT_THAT(error_of(memory), HasSubstr("cannot have input"));
}

TEST(BiosBatch, RefusesMoreThanRequestOrReplyHold) {
  Batch many;
  for (int i = 0; i < 300; ++i) {
    many.add(interrupt(0x12));
  }
  EXPECT_THAT(many.encode().error().text(), HasSubstr("longer than 16384 bytes"));
  Batch large;
  large.add(with_buffer(0, 20000)).add(with_buffer(0, 20000));
  EXPECT_THAT(large.encode().error().text(), HasSubstr("step 1"));
  // Steps that may make no call at all are not counted.
  Step perhaps = with_buffer(0, 20000);
  perhaps.repeat = abi::BatchRepeat::kCountAt;
  EXPECT_TRUE(Batch().add(with_buffer(0, 20000)).add(perhaps).encode());
}

TEST(BiosReply, DecodesRecordsInOrder) {
  const auto calls = decode_reply(join({record(0, 0, 5), record(0, 1, 5), record(2, 0, 0)}));
  ASSERT_TRUE(calls) << calls.error().text();
  ASSERT_EQ(calls->size(), 3u);
  EXPECT_EQ((*calls)[0].buffer.size(), 5u);
  EXPECT_EQ((*calls)[0].buffer[0], std::byte{0x5A});
  EXPECT_EQ((*calls)[1].iteration, 1u);
  EXPECT_EQ((*calls)[2].registers.eax, 0xAB02u);
  EXPECT_EQ((*calls)[2].cycles, 77u);
  EXPECT_TRUE((*calls)[2].carry());
  EXPECT_TRUE(decode_reply({})->empty());
}

TEST(BiosReply, RefusesWrongLengthsAndOrders) {
  auto cut = record(0, 0, 5);
  cut.pop_back();
  EXPECT_THAT(decode_reply(cut).error().text(), HasSubstr("within the bytes of a buffer"));
  EXPECT_THAT(decode_reply(std::span(cut).first(71)).error().text(), HasSubstr("within a record"));
  auto lie = record(0, 0, 0);
  const std::uint32_t huge = 0xFFFFFFFF;
  std::memcpy(lie.data() + 8, &huge, sizeof(huge));
  EXPECT_FALSE(decode_reply(lie));
  EXPECT_THAT(decode_reply(record(0, 1, 0)).error().text(), HasSubstr("out of order"));
  EXPECT_FALSE(decode_reply(join({record(1, 0, 0), record(0, 0, 0)})));
  EXPECT_FALSE(decode_reply(join({record(0, 0, 0), record(0, 2, 0)})));
  EXPECT_FALSE(decode_reply(join({record(0, 0, 0), record(1, 1, 0)})));
}

TEST(BiosReply, MustFitTheBatch) {
  const std::vector<Step> steps{interrupt(0x12), with_buffer(0, 5)};
  RunReport report = run_report();
  report.jumps[0].reply = join({record(0, 0, 0), record(1, 0, 5)});
  EXPECT_TRUE(decode_run(steps, report));
  report.jumps[0].reply = join({record(0, 0, 0), record(1, 0, 4)});
  EXPECT_THAT(decode_run(steps, report).error().text(), HasSubstr("does not belong to this batch"));
  report.jumps[0].reply = record(2, 0, 0);
  EXPECT_FALSE(decode_run(steps, report));
  report.jumps[0].reply.clear();
  report.jumps[0].status = 9;
  EXPECT_THAT(decode_run(steps, report).error().text(), HasSubstr("unknown status 9"));
  report.jumps.clear();
  EXPECT_FALSE(decode_run(steps, report));
}

TEST(BiosReply, ADeadPayloadLeavesItsCompletedCalls) {
  RunReport report = run_report(abi::Outcome::kTimeout);
  report.jumps[0].reason = "watchdog";
  report.jumps[0].reply = record(0, 0, 0);
  report.jumps[0].reply.resize(100);  // cut off within the second record
  const auto reply = decode_run({interrupt(0x12), interrupt(0x13)}, report);
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_FALSE(reply->returned());
  EXPECT_EQ(reply->calls.size(), 1u);
  const Error error = check_complete(*reply).error();
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_THAT(error.text(), HasSubstr("did not come back in time (after 1 completed calls) - watchdog"));
  EXPECT_THAT(error.text(), Not(HasSubstr("reboot"))) << "it was the payload that hung";
  report.jumps[0].fault.in_firmware = 1;
  EXPECT_THAT(check_complete(decode_run({interrupt(0x12), interrupt(0x13)}, report).value()).error().text(),
              HasSubstr("watchdog; the firmware was stopped in the middle"));
}

TEST(BiosReply, CompleteMeansReturnedAndAllAnswered) {
  EXPECT_TRUE(check_complete(reply_of({})));
  EXPECT_TRUE(check_complete(reply_of({}, abi::BatchStatus::kLimit)));
  EXPECT_TRUE(check_complete(reply_of({}, abi::BatchStatus::kStoppedOnCarry)));
  EXPECT_EQ(check_complete(reply_of({}, abi::BatchStatus::kReplyFull)).error().code, ErrorCode::kLimit);
  EXPECT_EQ(check_complete(reply_of({}, abi::BatchStatus::kMalformed)).error().code, ErrorCode::kGuest);
  BatchReply fault = reply_of({});
  fault.report = run_report(abi::Outcome::kFault);
  fault.report.jumps[0].fault.vector = 13;
  EXPECT_THAT(check_complete(fault).error().text(), HasSubstr("general protection"));
  fault.report = run_report(abi::Outcome::kRefused);
  EXPECT_THAT(check_complete(fault).error().text(), HasSubstr("refused"));
  fault.report.jumps.clear();
  EXPECT_THAT(check_complete(fault).error().text(), HasSubstr("no jump"));
}

}  // namespace
}  // namespace kjump::bios
