// SPDX-License-Identifier: MIT
#include "hibernate/passage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <kjump/image.hpp>

#include "hibernate/request.hpp"
#include "host/open_session.hpp"
#include "report/fault.hpp"

namespace kjump::hibernate {
namespace {

// What went wrong when the payload did not return by itself.
Failure lost(const JumpReport& jump, const std::string& name) {
  const std::string how = jump.outcome == abi::Outcome::kFault     ? "stopped: " + report::fault_text(jump)
                          : jump.outcome == abi::Outcome::kTimeout ? "took too long: " + jump.reason
                                                                   : "did not run: " + jump.reason;
  return fail(ErrorCode::kGuest, fmt::format("the payload {}", how), name,
              jump.console.empty() ? "" : "it said: " + jump.console);
}

}  // namespace

Result<PayloadPassage> PayloadPassage::open(System& system, const PassagePlan& plan) {
  KJUMP_TRY(const Image image, Image::parse(plan.image, plan.image_name));
  KJUMP_TRY(Session session, open_session(system, plan.door, image));
  PayloadPassage passage(std::move(session), plan);
  const std::uint64_t fewest =
      plan.fewest_workspace_pages != 0 ? plan.fewest_workspace_pages : plan.workspace_pages;
  KJUMP_CHECK(passage.take_workspace(plan.workspace_pages, fewest));
  return passage;
}

// A machine whose memory is full has few pages of 2 MiB left, or none that can be put together: what buffers
// are given up costs only time.
Result<void> PayloadPassage::take_workspace(std::uint64_t most, std::uint64_t fewest) {
  Result<void> taken;
  for (std::uint64_t pages = most; pages >= fewest; --pages) {
    taken = session_.set_bulk({}, pages * kWorkspacePageBytes, BulkPages::kLarge);
    if (!taken) {
      continue;
    }
    if (pages < most) {
      notes_.push_back(fmt::format(
          "memory is short: the payload has {} pages of 2 MiB to work in instead of {}, which is slower",
          pages, most));
    }
    return {};
  }
  return taken;
}

Result<PassageReport> PayloadPassage::jump(std::span<const std::byte> request) {
  PassageReport report;
  KJUMP_TRY(report.jump, session_.jump(request, {.deadline_ms = deadline_ms_}));
  report.door = session_.door();
  report.notes = session_.notes();
  report.notes.insert(report.notes.end(), notes_.begin(), notes_.end());
  if (const auto closed = session_.close(); !closed) {
    report.notes.push_back(closed.error().text());
  }
  if (report.jump.outcome != abi::Outcome::kReturned) {
    return lost(report.jump, name_);
  }
  return report;
}

std::uint32_t deadline_for(std::uint64_t pages) {
  constexpr std::uint64_t kBaseMs = 120'000;
  constexpr std::uint64_t kSlowestBytesPerMs = 4'000;  // PIO, written and read back
  constexpr std::uint64_t kMostMs = std::uint64_t{4} * 3'600'000;
  return static_cast<std::uint32_t>(
      std::min(kBaseMs + 2 * pages * abi::kPageBytes / kSlowestBytesPerMs, kMostMs));
}

}  // namespace kjump::hibernate
