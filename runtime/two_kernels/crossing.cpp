// SPDX-License-Identifier: MIT
// The crossing payload: from one kernel into the other. A kernel's jump ends where the other one's begins.
//
// Both sides load this very image. What lies at its addresses is swapped by whoever jumps, so its content
// goes back and forth with the processor; nothing that must last is kept in it, all that is in the hand-off
// page.
#include <kjump/abi/two_kernels.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

#include "two_kernels/frame.hpp"
#include "two_kernels/guard.hpp"
#include "two_kernels/silence.hpp"
#include "two_kernels/start.hpp"

namespace {

namespace format = kjump::abi::two_kernels;
using format::CrossingStatus;
using format::HandOff;
using format::KernelRecord;

kjump::abi::ExchangeHeader& exchange_header() {
  return *static_cast<kjump::abi::ExchangeHeader*>(kjump::physical(kjump::abi::kExchangeBase));
}

HandOff& hand_off() {
  return *static_cast<HandOff*>(kjump::physical(format::kHandOffBase));
}

bool is_sane(const format::CrossingRequest& request) {
  return request.magic == format::kMagic && request.version == format::kVersion &&
         request.side <= static_cast<uint32_t>(format::Side::kSecond);
}

/// Notes how to get back to the kernel that this jump came from.
void leave(KernelRecord& record, const format::CrossingRequest& request) {
  record.entry = kjump::entry_state();
  kjump::two_kernels::read_frame(record);
  record.parameters = kjump::loader_parameters();
  record.exchange = exchange_header();
  __builtin_memcpy(record.release, request.release, sizeof record.release);
  record.tsc_left = kjump::read_tsc();
  record.presence = static_cast<uint32_t>(format::Presence::kWaits);
}

/// " kexec_jump_back_entry=0x" is there already, as kexec-tools' purgatory spells it.
void write_digits(char* to, uint64_t value) {
  constexpr uint32_t kDigits = 16;
  for (uint32_t i = 0; i < kDigits; ++i) {
    const auto digit = static_cast<uint32_t>(value >> 4 * (kDigits - 1 - i)) & 0xF;
    to[i] = static_cast<char>(digit < 10 ? '0' + digit : 'a' + (digit - 10));
  }
}

/// Memory that the first kernel cannot write to itself (crashkernel= under STRICT_DEVMEM) is filled from
/// here.
bool copy_pieces(const format::CrossingRequest& request) {
  kjump::BulkReader reader;
  for (const format::CopyPiece& piece : request.pieces) {
    constexpr uint64_t k4Gib = uint64_t{1} << 32;
    if (piece.bytes > k4Gib || piece.address > k4Gib - piece.bytes) {
      return false;
    }
    const auto bytes = static_cast<uint32_t>(piece.bytes);
    if (reader.read(kjump::physical(static_cast<uint32_t>(piece.address)), bytes) != bytes) {
      return false;
    }
  }
  return true;
}

CrossingStatus start(const format::CrossingRequest& request) {
  if (request.side != static_cast<uint32_t>(format::Side::kFirst)) {
    return CrossingStatus::kBadRequest;
  }
  if (!copy_pieces(request)) {
    return CrossingStatus::kNoBulk;
  }
  leave(hand_off().kernels[0], request);
  const KernelRecord& first = hand_off().kernels[0];
  if (request.registers != 0 && first.frame_known != 0) {
    __builtin_memcpy(kjump::physical(request.registers), &first.frame, sizeof first.frame);
  }
  if (request.digits != 0) {
    write_digits(static_cast<char*>(kjump::physical(request.digits)), kjump::entry_state().return_address);
  }
  hand_off().kernels[1].presence = static_cast<uint32_t>(format::Presence::kRuns);
  kjump::two_kernels::start_kernel(request.entry, request.page_tables);
  return CrossingStatus::kCrossed;
}

CrossingStatus cross(const format::CrossingRequest& request) {
  KernelRecord& here = hand_off().kernels[request.side];
  KernelRecord& there = hand_off().kernels[1 - request.side];
  if (there.presence != static_cast<uint32_t>(format::Presence::kWaits)) {
    return CrossingStatus::kNobody;
  }
  leave(here, request);
  if (!kjump::become(there.entry, there.parameters)) {
    here.presence = static_cast<uint32_t>(format::Presence::kRuns);
    return CrossingStatus::kNoWay;
  }
  exchange_header() = there.exchange;  // the answer that is written now is to the other one's request
  there.presence = static_cast<uint32_t>(format::Presence::kRuns);
  return CrossingStatus::kCrossed;
}

/// The processor has been taken from the second kernel, which is no more.
CrossingStatus come_back_alone(const format::CrossingRequest& request) {
  kjump::two_kernels::silence_machine(request);
  hand_off().kernels[0].presence = static_cast<uint32_t>(format::Presence::kRuns);
  hand_off().kernels[1].presence = static_cast<uint32_t>(format::Presence::kLost);
  return CrossingStatus::kOverdue;
}

CrossingStatus leave_as_asked(const format::CrossingRequest& request) {
  return request.action == static_cast<uint32_t>(format::Action::kStart)   ? start(request)
         : request.action == static_cast<uint32_t>(format::Action::kCross) ? cross(request)
                                                                           : CrossingStatus::kBadRequest;
}

CrossingStatus leave_guarded(const format::CrossingRequest& request) {
  if (request.side != static_cast<uint32_t>(format::Side::kFirst)) {
    kjump::two_kernels::dismiss_guard();
    return leave_as_asked(request);
  }
  if (request.deadline_ms == 0) {
    kjump::two_kernels::no_guard();
    return leave_as_asked(request);
  }
  switch (kjump::two_kernels::set_guard(request)) {
    case kjump::two_kernels::Watch::kNone:
      return CrossingStatus::kNoGuard;
    case kjump::two_kernels::Watch::kOverdue:
      return come_back_alone(request);
    case kjump::two_kernels::Watch::kArmed:
      break;
  }
  const CrossingStatus status = leave_as_asked(request);
  if (status != CrossingStatus::kCrossed) {
    kjump::two_kernels::dismiss_guard();
  }
  return status;
}

}  // namespace

extern "C" uint32_t kjump_main() {
  format::CrossingRequest request;
  auto status = CrossingStatus::kBadRequest;
  if (kjump::read_request(&request, sizeof request) == sizeof request && is_sane(request)) {
    const HandOff& page = hand_off();
    if (page.magic != format::kMagic || page.version != format::kVersion || page.id != request.id) {
      status = CrossingStatus::kForeign;
    } else {
      status = leave_guarded(request);
    }
  }
  if (status == CrossingStatus::kCrossed) {
    ++hand_off().crossings;
  }
  return static_cast<uint32_t>(status);
}
