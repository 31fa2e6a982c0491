// SPDX-License-Identifier: MIT
/// One jump from this kernel into another, until that one jumps back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>
#include <kjump/session.hpp>

#include "host/kexec_door.hpp"
#include "host/system.hpp"

namespace kjump::two_kernels {

/// What a crossing gave, when it is over.
struct CrossingReport {
  std::uint64_t away_us = 0;  ///< from reboot() to its return
  std::vector<std::string> notes;
};

/// The crossing image, loaded.
class Crossing {
 public:
  /// All checks of a session at the kexec door; nothing has been touched when one fails.
  [[nodiscard]] static Result<Crossing> open(System& system);
  /// With memory that the kernel swaps together with the image.
  [[nodiscard]] static Result<Crossing> open_with(System& system, std::vector<Segment> memory);
  /// An image that leave_loaded() has left, by what the other kernel last came back with.
  [[nodiscard]] static Result<Crossing> adopt(System& system, const abi::two_kernels::HandOff& page);

  /// What the pieces of a start's request are copied from.
  [[nodiscard]] Result<void> set_content(std::span<const std::byte> content) {
    return session_.set_bulk(content, 0, BulkPages::kLarge);
  }
  /// Jumps. `request` needs action, side, id and what kStart wants. kTimeout: the other kernel was overdue
  /// and is lost; this one goes on.
  [[nodiscard]] Result<CrossingReport> go(abi::two_kernels::CrossingRequest request);
  /// The image stays loaded when the object goes or is closed.
  void leave_loaded() { door_->leave_loaded(); }
  /// Unloads the image.
  [[nodiscard]] Result<void> close() { return session_.close(); }

 private:
  Crossing(System& system, Session session, KexecDoor* door)
      : system_(&system), session_(std::move(session)), door_(door) {}

  System* system_;
  Session session_;
  KexecDoor* door_;  ///< the session's
};

}  // namespace kjump::two_kernels
