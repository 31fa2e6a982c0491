// SPDX-License-Identifier: MIT
#include "host/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>

namespace kjump {
namespace {

void add_reason(JumpReport& report, const std::string& text) {
  report.reason += (report.reason.empty() ? "" : "; ") + text;
}

// The first `wanted` bytes at `offset`, at most `capacity`: offset and capacity are ours, not the header's.
std::span<const std::byte> part(std::span<const std::byte> exchange, std::uint32_t offset,
                                std::uint32_t wanted, std::uint32_t capacity) {
  return exchange.subspan(offset, std::min(wanted, capacity));
}

// Why the header cannot be the answer to this jump; empty when it can.
std::string problem_of(const ExchangeTicket& ticket, const abi::ExchangeHeader& header) {
  if (header.magic != abi::kExchangeMagic || header.nonce != ticket.nonce ||
      header.sequence != ticket.sequence) {
    return "the exchange's header was overwritten: magic, nonce or sequence differ from what was written";
  }
  const auto outcome = static_cast<abi::Outcome>(header.outcome);
  if (outcome == abi::Outcome::kPending && header.completed == 0) {
    return "the stub did not touch the exchange: it found a foreign nonce, or never ran";
  }
  if (outcome == abi::Outcome::kPending || header.completed != ticket.sequence) {
    return fmt::format("the exchange was left half written: outcome {}, jump {} of {}", header.outcome,
                       header.completed, ticket.sequence);
  }
  if (header.outcome > static_cast<std::uint32_t>(abi::Outcome::kRefused)) {
    return fmt::format("the exchange holds an unknown outcome, {}", header.outcome);
  }
  return {};
}

void take_reply(JumpReport& report, const abi::ExchangeHeader& header, std::span<const std::byte> exchange) {
  const auto reply = part(exchange, abi::kReplyOffset, header.reply_bytes, abi::kReplyCapacity);
  report.reply.assign(reply.begin(), reply.end());
  if (header.reply_bytes > abi::kReplyCapacity) {
    add_reason(
        report,
        fmt::format("the payload claims a reply of {} bytes, the exchange holds {}: the rest is missing",
                    header.reply_bytes, abi::kReplyCapacity));
  }
  if (header.reply_offset != abi::kReplyOffset || header.console_offset != abi::kConsoleOffset) {
    add_reason(
        report,
        "the payload changed the places of reply and console; they were read where the caller put them");
  }
}

void take_bulk_reply(JumpReport& report, const abi::ExchangeHeader& header, std::uint64_t room) {
  report.bulk_reply_bytes = std::min(header.bulk_reply_bytes, room);
  if (header.bulk_reply_bytes > room) {
    add_reason(report, fmt::format("the payload claims a bulk reply of {} bytes, there was room for {}",
                                   header.bulk_reply_bytes, room));
  }
}

void take_console(JumpReport& report, const abi::ExchangeHeader& header,
                  std::span<const std::byte> exchange) {
  report.console = console_of(exchange);
  report.console_cut = header.console_bytes > abi::kConsoleCapacity;
}

// Which classes were compared is what we asked for; a line that nobody knows is left out.
void take_contract(JumpReport& report, const ExchangeTicket& ticket, const abi::ExchangeHeader& header,
                   std::span<const std::byte> exchange) {
  ContractReport& contract = report.contract;
  if (ticket.contract_classes == 0) {
    return;
  }
  contract.classes = ticket.contract_classes;
  contract.dropped = header.contract.dropped;
  contract.skipped = header.contract.skipped & ((1U << abi::kContractLines) - 1);
  const std::uint32_t count = std::min(header.contract.records, abi::kContractRecords);
  for (std::uint32_t i = 0; i < count; ++i) {
    abi::ContractRecord record{};
    std::memcpy(&record, exchange.data() + abi::kContractOffset + i * sizeof record, sizeof record);
    const bool known = record.line < abi::kContractLines && record.bytes >= 1 && record.bytes <= 8;
    if (!known || record.kind > static_cast<std::uint16_t>(abi::CallKind::kFarCall)) {
      add_reason(report, fmt::format("record {} of the contract report is rubbish", i));
      continue;
    }
    record.flags &= abi::kContractRepaired | abi::kContractExpected;
    std::fill(std::begin(record.reserved), std::end(record.reserved), std::uint16_t{0});
    contract.records.push_back(record);
  }
}

// A mark that cannot be is none.
void take_stacks(JumpReport& report, const abi::ExchangeHeader& header) {
  for (std::size_t i = 0; i < abi::kStacks; ++i) {
    const abi::StackMark& mark = header.stacks[i];
    if (mark.used <= mark.bytes && mark.bytes <= abi::kRealBytes) {
      report.stacks.at(i) = mark;
    }
  }
}

std::string timeout_reason(const ExchangeTicket& ticket, const abi::ExchangeHeader& header) {
  return header.expired_call == 0 ? fmt::format("the payload was stopped after {} ms", ticket.deadline_ms)
                                  : fmt::format("firmware call {} had not come back after its own {} ms",
                                                header.expired_call, header.expired_call_ms);
}

abi::ExchangeHeader header_of(std::span<const std::byte> exchange) {
  abi::ExchangeHeader header{};
  std::memcpy(&header, exchange.data(), std::min(exchange.size(), sizeof(header)));
  return header;
}

// Has the processor's reset set the counter back? It has not where both clocks agree; while the machine
// slept, CLOCK_BOOTTIME went by the seconds of the real-time clock, at both ends.
bool counter_restarted(const Passage& passage, const TscRate& rate) {
  constexpr std::uint64_t kTolerance = 2'000'000;  // microseconds
  if (!passage.away_ns) {
    return false;
  }
  const auto by_counter = passage.tsc_after < passage.tsc_before
                              ? std::nullopt
                              : rate.microseconds(passage.tsc_after - passage.tsc_before);
  const std::uint64_t away = *passage.away_ns / 1000;
  return !by_counter || std::max(*by_counter, away) - std::min(*by_counter, away) > kTolerance;
}

}  // namespace

std::string console_of(std::span<const std::byte> exchange) {
  const auto text =
      part(exchange, abi::kConsoleOffset, header_of(exchange).console_bytes, abi::kConsoleCapacity);
  std::string console(text.size(), '\0');
  std::transform(text.begin(), text.end(), console.begin(),
                 [](std::byte value) { return std::to_integer<char>(value); });
  return console;
}

Result<std::vector<std::byte>> front_of_exchange(const ExchangeTicket& ticket,
                                                 std::span<const std::byte> request) {
  if (request.size() > abi::kRequestCapacity) {
    return fail(ErrorCode::kLimit, fmt::format("the request has {} bytes", request.size()), "exchange",
                fmt::format("at most {} fit", abi::kRequestCapacity));
  }
  abi::ExchangeHeader header{};
  header.magic = abi::kExchangeMagic;
  header.version = abi::kExchangeVersion;
  header.header_bytes = abi::kExchangeHeaderBytes;
  header.nonce = ticket.nonce;
  header.sequence = ticket.sequence;
  header.outcome = static_cast<std::uint32_t>(abi::Outcome::kPending);
  header.request_offset = abi::kRequestOffset;
  header.request_bytes = static_cast<std::uint32_t>(request.size());
  header.reply_offset = abi::kReplyOffset;
  header.reply_capacity = abi::kReplyCapacity;
  header.console_offset = abi::kConsoleOffset;
  header.console_capacity = abi::kConsoleCapacity;
  header.deadline_ms = ticket.deadline_ms;
  header.call_deadline_ms = ticket.call_deadline_ms;
  header.contract.classes = ticket.contract_classes;
  header.bulk_request = ticket.bulk_request;
  header.bulk_reply = ticket.bulk_reply;
  static_assert(sizeof(header) <= abi::kRequestOffset);
  std::vector<std::byte> front(request.empty() ? sizeof(header) : abi::kRequestOffset + request.size());
  std::memcpy(front.data(), &header, sizeof(header));
  std::copy(request.begin(), request.end(), front.end() - static_cast<std::ptrdiff_t>(request.size()));
  return front;
}

Result<std::vector<std::byte>> fill_exchange(const ExchangeTicket& ticket,
                                             std::span<const std::byte> request) {
  KJUMP_TRY(std::vector<std::byte> exchange, front_of_exchange(ticket, request));
  exchange.resize(abi::kExchangeBytes);
  return exchange;
}

JumpReport read_exchange(const ExchangeTicket& ticket, std::span<const std::byte> exchange) {
  JumpReport report;
  report.outcome = abi::Outcome::kRefused;
  if (exchange.size() < abi::kExchangeBytes) {
    report.reason = "the exchange could not be read as a whole";
    return report;
  }
  const abi::ExchangeHeader header = header_of(exchange);
  report.reason = problem_of(ticket, header);
  if (!report.reason.empty()) {
    return report;
  }
  report.outcome = static_cast<abi::Outcome>(header.outcome);
  report.status = header.status;
  report.repairs = header.repairs;
  report.hardware_notes = header.hardware_notes;
  report.entry = header.entry;
  report.fault = header.fault;
  if (report.outcome == abi::Outcome::kTimeout) {
    report.reason = timeout_reason(ticket, header);
    report.expired_call = header.expired_call;
  } else if (report.outcome == abi::Outcome::kRefused) {
    report.reason = "the stub refused to run the payload";
  }
  take_stacks(report, header);
  take_contract(report, ticket, header, exchange);
  take_reply(report, header, exchange);
  take_bulk_reply(report, header, ticket.bulk_reply.bytes);
  take_console(report, header, exchange);
  return report;
}

Phases phases_of(std::span<const std::byte> exchange, const Passage& passage, const TscRate& rate) {
  const abi::ExchangeHeader header = header_of(exchange);
  const bool restarted = counter_restarted(passage, rate);
  const std::uint64_t earliest = restarted ? 0 : passage.tsc_before;
  const auto between = [&](std::uint64_t from, std::uint64_t to) -> std::optional<std::uint64_t> {
    const bool ordered = earliest <= from && from <= to && to <= passage.tsc_after;
    return ordered ? rate.microseconds(to - from) : std::nullopt;
  };
  auto way_in = between(passage.tsc_before, header.tsc_entry);
  if (restarted) {  // the counter says nothing about the time before the entry
    const auto since_entry = between(header.tsc_entry, passage.tsc_after);
    const std::uint64_t away = *passage.away_ns / 1000;
    way_in = since_entry && *since_entry <= away ? std::optional(away - *since_entry) : std::nullopt;
  }
  return {.load = {},
          .way_in = way_in,
          .payload = between(header.tsc_payload, header.tsc_payload_end),
          .way_back = between(header.tsc_payload_end, passage.tsc_after)};
}

}  // namespace kjump
