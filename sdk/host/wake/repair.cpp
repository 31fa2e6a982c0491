// SPDX-License-Identifier: MIT
#include <utility>

#include <kjump/wake.hpp>

#include "host/open_session.hpp"
#include "host/session_lock.hpp"
#include "host/wake/wake_state.hpp"

namespace kjump {

Result<WakeRepair> repair_wake_door() {
  System& system = this_machine();
  auto lock = SessionLock::take(system);
  if (!lock && lock.error().code == ErrorCode::kBusy) {
    return WakeRepair{true, {}};
  }
  if (!lock) {
    return Failure(std::move(lock).error());
  }
  KJUMP_TRY(std::vector<std::string> repaired, repair_wake(system));
  return WakeRepair{false, std::move(repaired)};
}

}  // namespace kjump
