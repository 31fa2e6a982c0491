// SPDX-License-Identifier: MIT
#include "hibernate/passage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <kjump/image.hpp>

#include "hibernate/workspace.hpp"
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
  KJUMP_TRY(std::string note,
            take_workspace(system, plan.memory_pages, [&](std::uint64_t bytes, BulkPages pages) {
              return passage.session_.set_bulk({}, bytes, pages);
            }));
  if (!note.empty()) {
    passage.notes_.push_back(std::move(note));
  }
  return passage;
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
