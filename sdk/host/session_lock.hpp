// SPDX-License-Identifier: MIT
/// Only one session at a time: an flock on /run/kjump.lock, whose content names the holder.
#pragma once

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

class SessionLock {
 public:
  /// kBusy, naming the process, when another session holds it.
  [[nodiscard]] static Result<SessionLock> take(const System& system);

  SessionLock(SessionLock&& other) noexcept = default;
  SessionLock& operator=(SessionLock&& other) = delete;
  SessionLock(const SessionLock&) = delete;
  SessionLock& operator=(const SessionLock&) = delete;
  ~SessionLock();

  /// The holder before us was killed and had no chance to unload its image: its process id, else empty.
  [[nodiscard]] const std::string& died_before() const { return died_before_; }

 private:
  SessionLock(UniqueFd fd, std::string died_before)
      : fd_(std::move(fd)), died_before_(std::move(died_before)) {}

  UniqueFd fd_;
  std::string died_before_;
};

}  // namespace kjump
