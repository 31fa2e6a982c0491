// SPDX-License-Identifier: MIT
/// Undoing what a killed kjump left of a passage through the wake door.
#pragma once

#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump {

struct WakeRepair {
  bool session_runs = false;          ///< a kjump is at work: what stands there is its own, and safe
  std::vector<std::string> repaired;  ///< in words; empty when there was nothing to repair
};

/// Puts displaced wake-up code, alarm and choice of mem_sleep back, if the record in /run says that they are
/// not what they were. Every session does the same when it opens; before a suspend that is not kjump's own,
/// this does. Needs root.
[[nodiscard]] Result<WakeRepair> repair_wake_door();

}  // namespace kjump
