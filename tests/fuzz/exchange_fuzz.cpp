// SPDX-License-Identifier: MIT
// Rule: whatever a payload leaves in the exchange, reading it stays within its bounds, the report survives
// its way through JSON, and no byte of it reaches a terminal that could do more than show characters.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <kjump/bios.hpp>

#include "host/exchange.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace {

using namespace kjump;

constexpr ExchangeTicket kTicket{0x1122'3344'5566'7788, 3, 500, 100, abi::kContractAll};

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

std::span<const std::byte> take(std::span<const std::byte>& input, std::size_t most) {
  const auto part = input.first(std::min(most, input.size()));
  input = input.subspan(part.size());
  return part;
}

/// What a payload may have made of the exchange: a header of any content, whose first fields are right when
/// `believable`, records of the contract report, a reply, a console.
std::vector<std::byte> exchange_of(std::span<const std::byte> input, bool believable) {
  std::vector<std::byte> exchange = fill_exchange(kTicket, {}).value();
  const auto right =
      std::vector<std::byte>(exchange.begin(), exchange.begin() + offsetof(abi::ExchangeHeader, completed));
  const auto header = take(input, sizeof(abi::ExchangeHeader));
  std::copy(header.begin(), header.end(), exchange.begin());
  if (believable) {
    std::copy(right.begin(), right.end(), exchange.begin());
    std::memcpy(exchange.data() + offsetof(abi::ExchangeHeader, completed), &kTicket.sequence,
                sizeof kTicket.sequence);
  }
  const auto contract = take(input, abi::kContractRecords * sizeof(abi::ContractRecord));
  std::copy(contract.begin(), contract.end(), exchange.begin() + abi::kContractOffset);
  const auto reply = take(input, std::min<std::size_t>(input.size() / 2, abi::kReplyCapacity));
  std::copy(reply.begin(), reply.end(), exchange.begin() + abi::kReplyOffset);
  const auto console = take(input, abi::kConsoleCapacity);
  std::copy(console.begin(), console.end(), exchange.begin() + abi::kConsoleOffset);
  return exchange;
}

void check_text(const RunReport& report) {
  const std::string text = report::to_text(report);
  require(std::none_of(text.begin(), text.end(), [](char character) {
    return character == '\x7F' ||
           (character >= 0 && character < ' ' && character != '\n' && character != '\t');
  }));
}

void check_json(const RunReport& report) {
  const auto again = report::report_from_json(report::to_json(report));
  require(again && again->jumps.size() == 1);
  const JumpReport& before = report.jumps[0];
  const JumpReport& after = again->jumps[0];
  require(after.outcome == before.outcome && after.reply == before.reply && after.console == before.console &&
          after.status == before.status && after.expired_call == before.expired_call &&
          after.contract.records.size() == before.contract.records.size() &&
          after.contract.skipped == before.contract.skipped &&
          after.contract.dropped == before.contract.dropped && after.repairs == before.repairs &&
          after.reason == before.reason);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  const std::vector<std::byte> exchange = exchange_of(input, (data[0] & 1) != 0);
  RunReport report;
  report.target = "host";
  report.jumps.push_back(read_exchange(kTicket, exchange));
  JumpReport& jump = report.jumps[0];
  require(jump.reply.size() <= abi::kReplyCapacity && jump.console.size() <= abi::kConsoleCapacity);
  require(jump.contract.records.size() <= abi::kContractRecords);
  require(jump.outcome != abi::Outcome::kPending && jump.outcome <= abi::Outcome::kRefused);
  Passage passage;
  passage.tsc_before = 1'000'000;
  passage.tsc_after = 3'000'000'000;
  if ((data[0] & 2) != 0) {
    passage.away_ns = 5'000'000'000;
  }
  jump.phases = phases_of(exchange, passage, TscRate{2'000'000, 1'000'000});
  check_text(report);
  check_json(report);
  static_cast<void>(bios::decode_run({bios::interrupt(0x12), bios::read_memory(0x475, 1)}, report));
  // One that was cut off is no exchange at all.
  require(read_exchange(kTicket, std::span(exchange).first(input.size() % exchange.size())).outcome ==
          abi::Outcome::kRefused);
  return 0;
}
