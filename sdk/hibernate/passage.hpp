// SPDX-License-Identifier: MIT
/// One jump into the save or the restore payload, with the memory that it works in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <kjump/door.hpp>
#include <kjump/result.hpp>
#include <kjump/session.hpp>
#include <kjump/target.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct PassagePlan {
  std::span<const std::byte> image;
  std::string image_name;          ///< for errors
  std::uint64_t memory_pages = 0;  ///< of the machine
  DoorOptions door;
  std::uint32_t deadline_ms = 0;
};

struct PassageReport {
  JumpReport jump;
  std::string door;
  std::vector<std::string> notes;
};

/// An open session and its workspace. What is asked of the machine until the jump can still change.
class PayloadPassage {
 public:
  [[nodiscard]] static Result<PayloadPassage> open(System& system, const PassagePlan& plan);

  /// Jumps. Everything but a return of the payload is an error.
  [[nodiscard]] Result<PassageReport> jump(std::span<const std::byte> request);

 private:
  PayloadPassage(Session session, const PassagePlan& plan)
      : session_(std::move(session)), name_(plan.image_name), deadline_ms_(plan.deadline_ms) {}

  Session session_;
  std::string name_;
  std::uint32_t deadline_ms_;
  std::vector<std::string> notes_;
};

/// Milliseconds that a payload may take for that many pages: long enough for the slowest disk.
[[nodiscard]] std::uint32_t deadline_for(std::uint64_t pages);

/// A reply's first bytes as a struct. A payload that wrote fewer has not answered.
template <typename Reply>
[[nodiscard]] Result<Reply> reply_of(const JumpReport& jump) {
  Reply reply{};
  if (jump.reply.size() < sizeof(reply)) {
    return fail(ErrorCode::kGuest, "the payload did not answer", "reply", "please report this");
  }
  std::memcpy(&reply, jump.reply.data(), sizeof(reply));
  return reply;
}

/// A text field that a payload wrote, which may lack its end.
template <std::size_t kRoom>
[[nodiscard]] std::string text_of(const char (&field)[kRoom]) {
  return std::string(field, ::strnlen(field, kRoom));
}

}  // namespace kjump::hibernate
