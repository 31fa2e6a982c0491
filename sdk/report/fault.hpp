// SPDX-License-Identifier: MIT
/// A fault in words.
#pragma once

#include <string>

#include <kjump/target.hpp>

namespace kjump::report {

/// "general protection fault (#GP) at 0008:00041234 (kjump_main+0x14), error code 0x1238". For a payload that
/// was stopped: "at 1000:0042 (wait+0x2)". With ", in INT 13h AX=4200 DX=0080" when firmware was running.
[[nodiscard]] std::string fault_text(const JumpReport& jump);

/// Registers, code and top of the stack, several lines.
[[nodiscard]] std::string fault_details(const abi::FaultRecord& fault);

}  // namespace kjump::report
