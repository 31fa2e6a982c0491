// SPDX-License-Identifier: MIT
/// May these BIOS calls be made on this machine, now? Looked at before any of them is.
#pragma once

#include <string>
#include <vector>

#include <kjump/call_class.hpp>
#include <kjump/doctor.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

struct CallConditions {
  bool woken = false;         ///< through the wake door: firmware has just woken the machine
  bool allow_unsafe = false;  ///< the user insists
};

/// An error that names the first call which is unsafe after Linux, why, and how to insist; or one whose
/// interrupt vector is empty. Else what the user ought to know before the calls are made: vectors that lead
/// neither into ROM nor into memory that firmware has reserved (T39), and what was allowed all the same.
[[nodiscard]] Result<std::vector<std::string>> check_calls(const System& system,
                                                           const std::vector<PlannedCall>& calls,
                                                           const CallConditions& conditions);

/// For doctor: which vectors are unsafe on this machine, and because of what. A note at most.
[[nodiscard]] Check unsafe_calls_remark(const System& system);

}  // namespace kjump
