// SPDX-License-Identifier: MIT
/// What was running when a payload was ended. Physical mode.
#pragma once

#include <kjump/abi/fault.hpp>

namespace kjump::supervisor {

/// Fills `record` with what the handlers have noted, and with what they could not add in their place: code,
/// stack, the firmware call.
void complete_fault_record(abi::FaultRecord& record);

}  // namespace kjump::supervisor
