// SPDX-License-Identifier: MIT
#include "kernel/crossing.hpp"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include <kjump/image.hpp>

#include "embedded/embedded.hpp"
#include "host/open_session.hpp"
#include "report/fault.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;
using format::CrossingStatus;

constexpr const char* kImageName = "the embedded crossing payload";

// As much as is worth telling of a time that is compared with a deadline in seconds.
std::string seconds_text(std::uint64_t microseconds) {
  constexpr double kSecond = 1'000'000;
  return fmt::format("{:.2f} s", static_cast<double>(microseconds) / kSecond);
}

std::uint64_t microseconds(const Phases& phases) {
  return phases.way_in.value_or(0) + phases.payload.value_or(0) + phases.way_back.value_or(0);
}

Result<void> refusal_of(std::uint32_t status) {
  switch (static_cast<CrossingStatus>(status)) {
    case CrossingStatus::kCrossed:
      return {};
    case CrossingStatus::kForeign:
      return fail(ErrorCode::kGuest, "the hand-off page is not this pair's", kImageName,
                  "something has overwritten low memory; kjump kernel status");
    case CrossingStatus::kNobody:
      return fail(ErrorCode::kInvalid, "the other kernel is not in a jump: there is nobody to go to",
                  kImageName);
    case CrossingStatus::kNoWay:
      return fail(ErrorCode::kGuest, "the other kernel's record says no way back", kImageName);
    case CrossingStatus::kNoGuard:
      return fail(ErrorCode::kGuest,
                  "the processor that was to stand guard did not start; the second kernel was not entered",
                  kImageName, "leave --deadline out, and nobody guards");
    case CrossingStatus::kNoBulk:
      return fail(ErrorCode::kGuest, "the kernel could not be copied to its place", kImageName);
    default:
      return fail(ErrorCode::kGuest, fmt::format("the payload ended with status {}", status), kImageName);
  }
}

Failure not_returned(const JumpReport& jump) {
  const std::string how = jump.outcome == abi::Outcome::kFault     ? "stopped: " + report::fault_text(jump)
                          : jump.outcome == abi::Outcome::kTimeout ? "took too long: " + jump.reason
                                                                   : "did not run: " + jump.reason;
  return fail(ErrorCode::kGuest, "the payload " + how, kImageName);
}

}  // namespace

Result<Crossing> Crossing::open(System& system) {
  return open_with(system, {});
}

Result<Crossing> Crossing::open_with(System& system, std::vector<Segment> memory) {
  KJUMP_TRY(const Image image, Image::parse(embedded_crossing_image(), kImageName));
  auto door = std::make_unique<KexecDoor>(system);
  KexecDoor* const of_session = door.get();
  door->also_load(std::move(memory));
  KJUMP_TRY(Session session, open_session(system, std::move(door), image));
  return Crossing(system, std::move(session), of_session);
}

Result<Crossing> Crossing::adopt(System& system, const format::HandOff& page) {
  KJUMP_TRY(const Image image, Image::parse(embedded_crossing_image(), kImageName));
  auto door = std::make_unique<KexecDoor>(system);
  KexecDoor* const of_session = door.get();
  door->adopt();
  const format::KernelRecord& first = page.kernels[static_cast<std::uint32_t>(format::Side::kFirst)];
  KJUMP_TRY(Session session,
            adopt_session(system, std::move(door), image, {first.parameters.nonce, first.exchange.sequence}));
  return Crossing(system, std::move(session), of_session);
}

Result<CrossingReport> Crossing::go(format::CrossingRequest request) {
  request.magic = format::kMagic;
  request.version = format::kVersion;
  system_->kernel_names().release.copy(std::begin(request.release), std::size(request.release) - 1);
  KJUMP_TRY(const JumpReport jump, session_.jump(std::as_bytes(std::span(&request, 1))));
  if (jump.outcome != abi::Outcome::kReturned) {
    return not_returned(jump);
  }
  if (jump.status == static_cast<std::uint32_t>(CrossingStatus::kOverdue)) {
    constexpr std::uint32_t kMillisecondsASecond = 1000;
    return fail(ErrorCode::kTimeout,
                fmt::format("the second kernel did not come back within {} s and is lost: the processor was "
                            "taken from it after {}",
                            request.deadline_ms / kMillisecondsASecond,
                            seconds_text(jump.phases.payload.value_or(0))),
                {}, "kjump kernel drop");
  }
  KJUMP_CHECK(refusal_of(jump.status));
  return CrossingReport{microseconds(jump.phases), session_.notes()};
}

}  // namespace kjump::two_kernels
