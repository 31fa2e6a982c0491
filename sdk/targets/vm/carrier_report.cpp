// SPDX-License-Identifier: MIT
#include "targets/vm/carrier_report.hpp"

#include <fmt/format.h>

#include <kjump/abi/carrier.hpp>

#include "report/decode.hpp"
#include "report/names.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

Failure carrier_failed(const std::string& how) {
  return fail(ErrorCode::kGuest, "the carrier failed: " + how, "target vm");
}

Result<void> check(const abi::CarrierResult& result, std::uint64_t nonce) {
  if (result.magic != abi::kCarrierMagic || result.nonce != nonce) {
    return carrier_failed("it left no result");
  }
  if (result.error == abi::kCarrierErrorPlan) {
    return carrier_failed("it cannot read its plan");
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

std::string stage_of(const abi::ExchangeHeader& header) {
  if (header.tsc_entry == 0) {
    return "before the stub's first instruction";
  }
  if (header.tsc_payload == 0) {
    return "in the stub, on the way to the payload";
  }
  return header.tsc_payload_end == 0 ? "in the payload" : "in the stub, on the way back";
}

}  // namespace

Result<RunReport> read_carrier_report(const GuestMemory& memory, const Image& image, std::uint64_t nonce,
                                      double ticks_per_microsecond) {
  KJUMP_TRY(const auto result, memory.read_struct<abi::CarrierResult>(abi::kCarrierResultBase));
  KJUMP_CHECK(check(result, nonce));
  RunReport report;
  report.target = "vm";
  report.door = "carrier";
  report.breaches = report::breach_texts(result.breaches);
  for (std::uint32_t i = 0; i < result.jumps_done; ++i) {
    if (image.info().standalone()) {
      report.jumps.push_back(silent_jump());
      continue;
    }
    const auto& times = result.jump[i];
    KJUMP_TRY(const auto exchange, memory.read(abi::kCarrierCopyBase + i * abi::kExchangeBytes, abi::kExchangeBytes));
    KJUMP_TRY(JumpReport jump,
              report::decode_exchange(exchange, nonce, i + 1,
                                      {times.tsc_before, times.tsc_after, ticks_per_microsecond}));
    report.jumps.push_back(std::move(jump));
    if (report.jumps.back().outcome != abi::Outcome::kReturned) {
      break;
    }
  }
  if (report.jumps.empty()) {
    return carrier_failed("it made no jump");
  }
  return report;
}

std::string last_seen(const GuestMemory& memory, const Image& image, std::uint64_t nonce) {
  const auto result = memory.read_struct<abi::CarrierResult>(abi::kCarrierResultBase);
  if (!result || result->magic != abi::kCarrierMagic || result->nonce != nonce) {
    return "the machine was lost before the first jump";
  }
  std::string text = fmt::format("jump {} was lost", result->jumps_done + 1);
  if (image.info().standalone()) {
    return text;
  }
  const auto header = memory.read_struct<abi::ExchangeHeader>(image.info().exchange_base);
  if (!header || header->magic != abi::kExchangeMagic || header->nonce != nonce) {
    return text + ", and the exchange is damaged";
  }
  text += " " + stage_of(*header);
  if (const auto exchange = memory.read(image.info().exchange_base, abi::kExchangeBytes)) {
    const auto jump = report::decode_exchange(*exchange, nonce, header->sequence);
    if (jump && !jump->console.empty()) {
      text += ", which had printed: " + telling_lines(jump->console);
    }
  }
  return text;
}

}  // namespace kjump::targets
