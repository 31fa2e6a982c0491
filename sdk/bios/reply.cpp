// SPDX-License-Identifier: MIT
// From the reply of the batch payload to results. The guest may lie: every length and order is checked.
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <kjump/abi/processor.hpp>
#include <kjump/bios.hpp>

#include "report/fault.hpp"
#include "report/names.hpp"

namespace kjump::bios {

namespace {

constexpr std::uint32_t kLastStatus = static_cast<std::uint32_t>(abi::BatchStatus::kLimit);

/// One record taken off the front of `rest`.
Result<CallResult> take_record(std::span<const std::byte>& rest, std::size_t offset) {
  const std::string where = fmt::format("reply offset {}", offset);
  abi::BatchResult record;
  if (rest.size() < sizeof(record)) {
    return fail(ErrorCode::kGuest, "the reply ends within a record", where);
  }
  std::memcpy(&record, rest.data(), sizeof(record));
  rest = rest.subspan(sizeof(record));
  const std::uint64_t padded_bytes = (std::uint64_t{record.buffer_bytes} + 3) & ~std::uint64_t{3};
  if (rest.size() < padded_bytes) {
    return fail(ErrorCode::kGuest, "the reply ends within the bytes of a buffer", where);
  }
  CallResult result;
  result.step = record.step;
  result.iteration = record.iteration;
  result.registers = record.registers;
  result.repairs = record.repairs;
  result.cycles = record.cycles;
  const auto buffer = rest.first(record.buffer_bytes);
  result.buffer.assign(buffer.begin(), buffer.end());
  rest = rest.subspan(static_cast<std::size_t>(padded_bytes));
  return result;
}

/// Steps come in order, iterations of one step count from 0.
bool follows(const std::vector<CallResult>& calls, const CallResult& next) {
  if (calls.empty() || calls.back().step != next.step) {
    return next.iteration == 0 && (calls.empty() || calls.back().step < next.step);
  }
  return next.iteration == calls.back().iteration + 1;
}

/// All records up to the end or to the first one that is wrong; that error, if any.
struct Decoded {
  std::vector<CallResult> calls;
  std::optional<Error> error;
};

Decoded decode(std::span<const std::byte> reply) {
  Decoded decoded;
  std::span<const std::byte> rest = reply;
  while (!rest.empty()) {
    const std::size_t offset = reply.size() - rest.size();
    Result<CallResult> result = take_record(rest, offset);
    if (result && !follows(decoded.calls, *result)) {
      result =
          fail(ErrorCode::kGuest,
               fmt::format("record out of order: step {}, iteration {}", result->step, result->iteration),
               fmt::format("reply offset {}", offset));
    }
    if (!result) {
      decoded.error = std::move(result).error();
      break;
    }
    decoded.calls.push_back(*std::move(result));
  }
  return decoded;
}

Result<void> check_against(const std::vector<Step>& steps, const std::vector<CallResult>& calls) {
  for (const CallResult& call : calls) {
    if (call.step >= steps.size() || call.buffer.size() != steps[call.step].buffer_bytes) {
      return fail(ErrorCode::kGuest, fmt::format("the reply does not belong to this batch: step {}, {} bytes",
                                                 call.step, call.buffer.size()));
    }
  }
  return {};
}

std::string death_of(const JumpReport& jump) {
  switch (jump.outcome) {
    case abi::Outcome::kFault:
      return "firmware or payload faulted: " + report::fault_text(jump);
    case abi::Outcome::kTimeout:
      return "the firmware call did not come back in time";
    case abi::Outcome::kRefused:
      return "the jump was refused";
    case abi::Outcome::kPending:
    case abi::Outcome::kReturned:
      break;
  }
  return "the payload did not end";
}

// SeaBIOS's own stack pointer, for one, stays where the call had it (docs/reliability.md).
std::string advice_of(const JumpReport& jump) {
  constexpr const char* kStopped =
      "the firmware was stopped in the middle of this call: do not rely on it until the next reboot";
  if (jump.fault.in_firmware == 0) {
    return jump.reason;
  }
  return jump.reason.empty() ? kStopped : jump.reason + "; " + kStopped;
}

}  // namespace

bool CallResult::carry() const {
  return (registers.eflags & abi::kFlagsCarry) != 0;
}

bool BatchReply::returned() const {
  return !report.jumps.empty() && report.jumps.back().outcome == abi::Outcome::kReturned;
}

std::vector<const CallResult*> BatchReply::calls_of(std::uint32_t step) const {
  std::vector<const CallResult*> of_step;
  for (const CallResult& call : calls) {
    if (call.step == step) {
      of_step.push_back(&call);
    }
  }
  return of_step;
}

Result<std::vector<CallResult>> decode_reply(std::span<const std::byte> reply) {
  Decoded decoded = decode(reply);
  if (decoded.error) {
    return Failure(*std::move(decoded.error));
  }
  return std::move(decoded.calls);
}

Result<BatchReply> decode_run(const std::vector<Step>& steps, RunReport report) {
  BatchReply reply;
  reply.report = std::move(report);
  if (reply.report.jumps.empty()) {
    return fail(ErrorCode::kGuest, "the target reports no jump", reply.report.target);
  }
  const JumpReport& jump = reply.report.jumps.back();
  Decoded decoded = decode(jump.reply);
  // A payload that died may have been cut off within a record; what it wrote before is good.
  if (decoded.error && reply.returned()) {
    return Failure(*std::move(decoded.error));
  }
  KJUMP_CHECK(check_against(steps, decoded.calls));
  reply.calls = std::move(decoded.calls);
  if (reply.returned()) {
    if (jump.status > kLastStatus) {
      return fail(ErrorCode::kGuest,
                  fmt::format("the batch payload ended with unknown status {}", jump.status));
    }
    reply.status = static_cast<abi::BatchStatus>(jump.status);
  }
  return reply;
}

Result<void> check_complete(const BatchReply& reply) {
  if (!reply.returned()) {
    if (reply.report.jumps.empty()) {
      return fail(ErrorCode::kGuest, "the target reports no jump", reply.report.target);
    }
    const JumpReport& jump = reply.report.jumps.back();
    const auto code = jump.outcome == abi::Outcome::kTimeout ? ErrorCode::kTimeout : ErrorCode::kGuest;
    return fail(code, death_of(jump), fmt::format("after {} completed calls", reply.calls.size()),
                advice_of(jump));
  }
  if (reply.status == abi::BatchStatus::kMalformed) {
    return fail(ErrorCode::kGuest, "the batch payload refused the request", reply.report.jumps.back().console,
                "this is a bug of kjump: payload and program are of different versions");
  }
  if (reply.status == abi::BatchStatus::kReplyFull) {
    return fail(ErrorCode::kLimit,
                fmt::format("the results of {} calls filled the reply", reply.calls.size()), {},
                "ask for less in one jump");
  }
  return {};
}

}  // namespace kjump::bios
