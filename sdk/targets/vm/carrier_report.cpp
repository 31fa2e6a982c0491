// SPDX-License-Identifier: MIT
#include "targets/vm/carrier_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include <kjump/abi/carrier.hpp>
#include <kjump/abi/crash_record.hpp>

#include "image/fault_place.hpp"
#include "report/names.hpp"
#include "report/trail.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

Failure carrier_failed(const std::string& how) {
  return fail(ErrorCode::kGuest, "the carrier failed: " + how, "target vm");
}

Result<void> check(const abi::CarrierResult& result, std::uint64_t nonce) {
  // Without a plan it knows no nonce to echo.
  if (result.magic == abi::kCarrierMagic && result.error == abi::kCarrierErrorPlan) {
    return carrier_failed("it cannot read its plan");
  }
  if (result.magic != abi::kCarrierMagic || result.nonce != nonce) {
    return carrier_failed("it left no result of this run");
  }
  if (result.error != 0 || result.jumps_done > abi::kCarrierMaxJumps) {
    return carrier_failed(fmt::format("error {}, {} jumps", result.error, result.jumps_done));
  }
  return {};
}

// A standalone image says nothing; that the carrier runs again is all there is to know.
JumpReport silent_jump() {
  JumpReport jump;
  jump.outcome = abi::Outcome::kReturned;
  return jump;
}

}  // namespace

Result<RunReport> read_carrier_report(const GuestMemory& memory, const Image& image,
                                      const ExchangeTicket& ticket, const TscRate& rate) {
  KJUMP_TRY(const auto result, memory.read_struct<abi::CarrierResult>(abi::kCarrierResultBase));
  KJUMP_CHECK(check(result, ticket.nonce));
  RunReport report;
  report.target = "vm";
  report.door = "carrier";
  report.breaches = report::breach_texts(result.breaches);
  for (std::uint32_t i = 0; i < result.jumps_done; ++i) {
    if (image.info().standalone()) {
      report.jumps.push_back(silent_jump());
      continue;
    }
    KJUMP_TRY(const auto exchange,
              memory.read(abi::kCarrierCopyBase + i * abi::kExchangeBytes, abi::kExchangeBytes));
    ExchangeTicket own = ticket;
    own.sequence = i + 1;
    report.jumps.push_back(read_exchange(own, exchange));
    const auto& times = result.jump[i];
    report.jumps.back().phases = phases_of(exchange, {times.tsc_before, times.tsc_after, {}, {}}, rate);
    if (report.jumps.back().outcome != abi::Outcome::kReturned) {
      report.jumps.back().place = place_of(image, report.jumps.back().fault);
      report.jumps.back().source = source_of(image, report.jumps.back().fault);
      break;
    }
  }
  if (report.jumps.empty()) {
    return carrier_failed("it made no jump");
  }
  if (image.info().standalone()) {
    report.notes.emplace_back("a standalone image has no exchange: that it came back is all that is known");
  }
  return report;
}

std::string last_seen(const GuestMemory& memory, const Image& image, const ExchangeTicket& ticket) {
  const auto result = memory.read_struct<abi::CarrierResult>(abi::kCarrierResultBase);
  if (!result || result->magic != abi::kCarrierMagic || result->nonce != ticket.nonce) {
    return "the machine was lost before the first jump";
  }
  std::string text = fmt::format("jump {} was lost", result->jumps_done + 1);
  if (image.info().standalone()) {
    return text;
  }
  const auto header = memory.read_struct<abi::ExchangeHeader>(image.info().exchange_base);
  if (!header || header->magic != abi::kExchangeMagic || header->nonce != ticket.nonce) {
    return text + ", and the exchange is damaged";
  }
  if (const auto record = memory.read_struct<abi::CrashRecord>(abi::kCrashRecordBase)) {
    text += " " + report::trail_text(record->trail);
  }
  if (const auto exchange = memory.read(image.info().exchange_base, abi::kExchangeBytes)) {
    // It has not ended, so most of the report is void; what it has printed so far is there.
    const std::string console = console_of(*exchange);
    text += console.empty() ? "" : "; the payload had printed: " + telling_lines(console);
  }
  return text;
}

}  // namespace kjump::targets
