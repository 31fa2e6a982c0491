// SPDX-License-Identifier: MIT
/// What was running when a payload was ended. Physical mode.
#pragma once

#include <kjump/abi/exchange.hpp>

namespace kjump::supervisor {

/// Fills `record` with what the handlers have noted, and with what they could not add in their place: code,
/// stack, the firmware call.
void complete_fault_record(abi::FaultRecord& record);

/// Where the thunk notes what it calls; null: nowhere that anybody reads.
void set_trail(abi::Trail* trail);

}  // namespace kjump::supervisor
