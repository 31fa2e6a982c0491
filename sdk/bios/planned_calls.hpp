// SPDX-License-Identifier: MIT
/// The calls of a batch as a target wants to know them, and as `kjump run --calls` spells them.
#pragma once

#include <string>
#include <vector>

#include <kjump/bios.hpp>
#include <kjump/call_class.hpp>

namespace kjump::bios {

/// Each interrupt call once. Far calls and memory to read are left out: of those nothing is known.
[[nodiscard]] std::vector<PlannedCall> planned_calls(const std::vector<Step>& steps);

/// VECTOR[:AX], numbers as in a script: "0x13:0x4200".
[[nodiscard]] Result<PlannedCall> parse_planned_call(const std::string& text);
[[nodiscard]] std::string spell(const PlannedCall& call);

}  // namespace kjump::bios
