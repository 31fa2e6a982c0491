// SPDX-License-Identifier: MIT
#include "targets/vm/plan.hpp"

#include <fmt/format.h>

#include <span>

#include <kjump/abi/carrier.hpp>
#include <kjump/abi/crash_record.hpp>

#include "host/exchange.hpp"

namespace kjump::targets {
namespace {

template <typename Struct>
void append(std::vector<std::byte>& bytes, const Struct& value) {
  const auto part = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), part.begin(), part.end());
}

// So that the trail of a jump that is lost can be read from the machine's memory.
std::vector<std::byte> crash_page(std::uint64_t nonce) {
  abi::CrashRecord record{};
  record.magic = abi::kCrashRecordMagic;
  record.bytes = abi::kCrashRecordBytes;
  record.nonce = nonce;
  std::vector<std::byte> bytes;
  append(bytes, record);
  return bytes;
}

abi::LoaderParameters loader_parameters(std::uint64_t nonce, bool hpet) {
  abi::LoaderParameters parameters;
  parameters.flags =
      abi::kParameterLoadKernelGdt | abi::kParameterHasCrashRecord | abi::kParameterClockInterrupt;
  parameters.nonce = nonce;
  parameters.kernel_gdt_base = abi::kCarrierGdtBase;
  parameters.kernel_gdt_limit = abi::kCarrierGdtLimit;
  parameters.hpet_base = hpet ? abi::kCarrierHpetBase : 0;
  parameters.io_apic_base = abi::kCarrierIoApicBase;
  parameters.timer_pin = abi::kCarrierTimerPin;
  return parameters;
}

Result<void> check_request(const Image& image, const RunRequest& request) {
  if (request.jumps == 0 || request.jumps > abi::kCarrierMaxJumps) {
    return fail(ErrorCode::kLimit, fmt::format("cannot make {} jumps in one session", request.jumps),
                "target vm", fmt::format("ask for 1 to {}", abi::kCarrierMaxJumps));
  }
  if (image.info().standalone() && !request.request.empty()) {
    return fail(ErrorCode::kInvalid, "a standalone image has no exchange and takes no request",
                image.info().name, "leave the request out, or link the image without --standalone");
  }
  return {};
}

}  // namespace

std::uint32_t jump_deadline_ms(const Image& image, const RunRequest& request) {
  if (request.deadline_ms != 0) {
    return request.deadline_ms;
  }
  return image.info().deadline_ms != 0 ? image.info().deadline_ms : kDefaultDeadlineMs;
}

Result<std::vector<std::byte>> build_plan(const Image& image, const RunRequest& request,
                                          const ExchangeTicket& ticket, bool hpet) {
  KJUMP_CHECK(check_request(image, request));
  KJUMP_TRY(std::vector<Segment> segments, image.prepared(loader_parameters(ticket.nonce, hpet)));
  abi::CarrierPlan plan{};
  plan.magic = abi::kCarrierMagic;
  plan.nonce = ticket.nonce;
  plan.entry = image.info().kexec_entry;
  plan.jumps = request.jumps;
  plan.memory_map = image.info().memory_map;
  plan.hpet_base = hpet ? abi::kCarrierHpetBase : 0;
  if (!image.info().standalone()) {
    // All of it: the carrier puts this very content back before every jump, with the jump's number.
    KJUMP_TRY(std::vector<std::byte> exchange, fill_exchange(ticket, request.request));
    plan.header_address = image.info().exchange_base;
    segments.push_back({image.info().exchange_base, image.info().exchange_bytes, std::move(exchange)});
  }
  segments.push_back({abi::kCrashRecordBase, abi::kPageBytes, crash_page(ticket.nonce)});
  plan.piece_count = static_cast<std::uint32_t>(segments.size());
  std::vector<std::byte> bytes;
  append(bytes, plan);
  for (const Segment& segment : segments) {
    append(bytes, abi::CarrierPiece{segment.address, segment.memory_bytes,
                                    static_cast<std::uint32_t>(segment.content.size()), 0});
  }
  for (const Segment& segment : segments) {
    bytes.insert(bytes.end(), segment.content.begin(), segment.content.end());
  }
  return bytes;
}

}  // namespace kjump::targets
