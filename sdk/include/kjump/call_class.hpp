// SPDX-License-Identifier: MIT
/// BIOS calls by what they do to a machine that Linux has been driving since it booted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kjump {

/// A call that a payload is going to make, as far as that is known beforehand.
struct PlannedCall {
  std::uint8_t vector = 0;
  std::optional<std::uint16_t> ax;  ///< empty: some function of the vector

  friend bool operator==(const PlannedCall&, const PlannedCall&) = default;
};

enum class CallClass {
  kPure,      ///< reads firmware's own tables
  kStateful,  ///< changes firmware's state, as its documentation says
  kUnsafe,    ///< hangs, fails or never comes back once Linux drives the machine
};

/// What a call reaches. Where a driver of Linux has taken it over, the call is unsafe, whatever its class.
enum class CallDevice { kNone, kDisk, kDisplay, kKeyboard };

struct CallTraits {
  CallClass call_class = CallClass::kStateful;  ///< as long as nobody has taken its device over
  CallDevice device = CallDevice::kNone;
};

/// From a table of documented calls (bios_calls.md section 6); one that is not in it counts as stateful.
[[nodiscard]] CallTraits traits_of(const PlannedCall& call);

/// "INT 13h AX=4200h"
[[nodiscard]] std::string name_of(const PlannedCall& call);

}  // namespace kjump
