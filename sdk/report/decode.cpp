// SPDX-License-Identifier: MIT
#include "report/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "report/names.hpp"

namespace kjump::report {
namespace {

Failure damaged(const std::string& how) {
  return fail(ErrorCode::kGuest, "the payload has damaged the exchange: " + how,
              fmt::format("exchange at {:#x}", abi::kExchangeBase),
              "look for stray writes of the payload to that page");
}

// One of the areas that the header describes, of which the payload says how much it has used.
Result<std::span<const std::byte>> area(std::span<const std::byte> exchange, const char* name, std::uint32_t offset,
                                        std::uint32_t capacity, std::uint32_t used) {
  if (offset > exchange.size() || capacity > exchange.size() - offset || used > capacity) {
    return damaged(fmt::format("its {} lies at {:#x}, {} of {} bytes used", name, offset, used, capacity));
  }
  return exchange.subspan(offset, used);
}

Result<void> check_header(const abi::ExchangeHeader& header, std::uint64_t nonce, std::uint32_t sequence) {
  if (header.magic != abi::kExchangeMagic) {
    return damaged(fmt::format("its magic number is {:#x}", header.magic));
  }
  if (header.version != abi::kExchangeVersion || header.header_bytes < abi::kExchangeHeaderBytes) {
    return damaged(fmt::format("it claims version {} with a header of {} bytes", header.version, header.header_bytes));
  }
  if (header.nonce != nonce) {
    return damaged(fmt::format("its nonce is {:016x} instead of {:016x}", header.nonce, nonce));
  }
  if (header.sequence != sequence) {
    return damaged(fmt::format("it is about jump {} instead of {}", header.sequence, sequence));
  }
  if (header.outcome > static_cast<std::uint32_t>(abi::Outcome::kRefused)) {
    return damaged(fmt::format("its outcome is {:#x}", header.outcome));
  }
  const bool ended = header.outcome != static_cast<std::uint32_t>(abi::Outcome::kPending) &&
                     header.outcome != static_cast<std::uint32_t>(abi::Outcome::kRefused);
  if (ended && header.completed != sequence) {
    return damaged(fmt::format("it says that jump {} ended, and this is jump {}", header.completed, sequence));
  }
  return {};
}

std::optional<std::uint64_t> phase(std::uint64_t from, std::uint64_t to, const JumpWindow& window) {
  if (window.ticks_per_microsecond <= 0 || from == 0 || to < from) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(static_cast<double>(to - from) / window.ticks_per_microsecond);
}

std::string reason_of(const abi::ExchangeHeader& header) {
  switch (static_cast<abi::Outcome>(header.outcome)) {
    case abi::Outcome::kPending:
      return "the stub found a foreign nonce in the exchange and touched nothing";
    case abi::Outcome::kRefused:
      return "the stub refused to run the payload";
    case abi::Outcome::kTimeout:
      return fmt::format("the payload was stopped by the watchdog, its deadline being {} ms", header.deadline_ms);
    default:
      return {};
  }
}

std::string text_of(std::span<const std::byte> bytes) {
  std::string text(bytes.size(), '\0');
  std::transform(bytes.begin(), bytes.end(), text.begin(), [](std::byte byte) { return static_cast<char>(byte); });
  return text;
}

}  // namespace

Result<JumpReport> decode_exchange(std::span<const std::byte> exchange, std::uint64_t nonce, std::uint32_t sequence,
                                   const JumpWindow& window) {
  abi::ExchangeHeader header{};
  if (exchange.size() < sizeof header) {
    return damaged(fmt::format("only {} bytes of it are left", exchange.size()));
  }
  std::memcpy(&header, exchange.data(), sizeof header);
  KJUMP_CHECK(check_header(header, nonce, sequence));
  KJUMP_TRY(const auto reply,
            area(exchange, "reply", header.reply_offset, header.reply_capacity, header.reply_bytes));
  KJUMP_TRY(const auto console, area(exchange, "console", header.console_offset, header.console_capacity,
                                     std::min(header.console_bytes, header.console_capacity)));
  JumpReport jump;
  jump.outcome = static_cast<abi::Outcome>(header.outcome);
  if (jump.outcome == abi::Outcome::kPending) {
    jump.outcome = abi::Outcome::kRefused;
  }
  jump.status = header.status;
  jump.reply.assign(reply.begin(), reply.end());
  jump.console = text_of(console);
  jump.console_cut = header.console_bytes > header.console_capacity;
  jump.repairs = header.repairs;
  jump.hardware_notes = header.hardware_notes;
  jump.phases.way_in = phase(window.tsc_before, header.tsc_entry, window);
  jump.phases.payload = phase(header.tsc_payload, header.tsc_payload_end, window);
  jump.phases.way_back = phase(header.tsc_payload_end, window.tsc_after, window);
  jump.entry = header.entry;
  jump.fault = header.fault;
  jump.reason = reason_of(header);
  return jump;
}

}  // namespace kjump::report
