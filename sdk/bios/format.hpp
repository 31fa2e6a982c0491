// SPDX-License-Identifier: MIT
/// Calls and their results as text for people.
#pragma once

#include <string>

#include <kjump/bios.hpp>

#include "bios/script.hpp"

namespace kjump::bios {

/// The registers that a call of this step began with. `previous` is the call of the same step before
/// it, null for the first.
[[nodiscard]] abi::FirmwareRegisters registers_before(const Step& step, const CallResult* previous);

/// A block of aligned lines, values that differ from `before` marked with '*'.
[[nodiscard]] std::string format_registers(const abi::FirmwareRegisters& before,
                                           const abi::FirmwareRegisters& after);

/// One call of a script: its title, registers, and the buffers that do not go to a file.
[[nodiscard]] std::string format_call(const ScriptStep& step, const CallResult* previous,
                                      const CallResult& call);

/// "the batch ended early: ...", with a line feed; empty when all calls were made.
[[nodiscard]] std::string format_status(abi::BatchStatus status);

}  // namespace kjump::bios
