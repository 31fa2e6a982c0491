// SPDX-License-Identifier: MIT
/// What the wake door has changed on this machine, kept in a file so that a later kjump can undo it when
/// the one that did it was killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "host/wake/wake_code.hpp"

namespace kjump {

struct WakeState {
  WakeCode code;                        ///< the kernel's, as it was
  WakeJump planted{};                   ///< what stands in its place
  std::string rtc;                      ///< "rtc0"
  std::uint64_t alarm = 0;              ///< ours
  std::optional<std::uint64_t> before;  ///< the alarm that was set before
  std::string mem_sleep;                ///< the choice that was made before: "s2idle"

  friend bool operator==(const WakeState&, const WakeState&) = default;
};

inline constexpr const char* kWakeStateFile = "/run/kjump.wake";

/// JSON.
[[nodiscard]] std::string encode(const WakeState& state);
[[nodiscard]] Result<WakeState> parse_wake_state(const std::string& text, const std::string& origin);

/// Writes kWakeStateFile, readable by root only, whole or not at all.
[[nodiscard]] Result<void> save_wake_state(const System& system, const WakeState& state);
void remove_wake_state(const System& system);

/// Puts the jump into the kernel's wake-up code; fails when that is not as `state` has it.
[[nodiscard]] Result<void> plant(const System& system, const WakeState& state);

/// Puts the displaced bytes back if the planted ones still stand there. True when they did.
[[nodiscard]] Result<bool> put_wake_code_back(const System& system, const WakeState& state);

/// What of a WakeState was still in effect.
struct Undone {
  bool wake_code = false;     ///< the jump still stood in the wake-up code
  bool alarm = false;         ///< the former alarm is set again, or ours cleared
  bool alarm_missed = false;  ///< the former alarm had its time meanwhile; it goes off in two seconds
  bool mem_sleep = false;

  /// One line each; empty when nothing was.
  [[nodiscard]] std::vector<std::string> words(const WakeState& state) const;
};

/// Undoes all that `state` says. Whatever somebody else has changed since is left alone.
[[nodiscard]] Result<Undone> undo(System& system, const WakeState& state);

/// undo() for what a killed kjump left in kWakeStateFile, in words; nothing when there is no such file. For a
/// caller that holds the session lock.
[[nodiscard]] Result<std::vector<std::string>> repair_wake(System& system);

}  // namespace kjump
