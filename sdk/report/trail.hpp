// SPDX-License-Identifier: MIT
/// How far a jump came that did not come back.
#pragma once

#include <string>

#include <kjump/abi/crash_record.hpp>

namespace kjump::report {

/// "in the payload, in its firmware call number 3, INT 13h AX=4200"; "in the stub, on the way back".
[[nodiscard]] std::string trail_text(const abi::Trail& trail);

/// "before", "entered", "payload", "leaving".
[[nodiscard]] std::string stage_name(std::uint32_t stage);

/// "INT 13h AX=4200" or "far call f000:1234 AX=0000", the last one begun.
[[nodiscard]] std::string last_call_text(const abi::Trail& trail);

}  // namespace kjump::report
