// SPDX-License-Identifier: MIT
/// What happens around every firmware call, where somebody asked for it: its deadline, and the comparison of
/// what it must not change. The thunk (asm/firmware_call.asm) looks at two variables and calls only then.
#pragma once

#include <kjump/abi/exchange.hpp>

#include "platform/watchdog.hpp"

namespace kjump::supervisor {

class ContractReport;

/// From here on, until the object goes. One at a time. `report` may be null.
class CallHooks {
 public:
  CallHooks(platform::Watchdog& watchdog, uint32_t deadline_ms, ContractReport* report);
  CallHooks(const CallHooks&) = delete;
  CallHooks& operator=(const CallHooks&) = delete;
  ~CallHooks();
};

}  // namespace kjump::supervisor
