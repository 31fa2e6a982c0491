// SPDX-License-Identifier: MIT
/// The contract report and the marks of stacks in words. The words are part of the JSON form: they never
/// change.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::report {

/// "registers,flags", as parse_classes() reads it; "all".
[[nodiscard]] std::string class_list(std::uint32_t classes);

/// Names of classes with commas between them, or "all".
[[nodiscard]] Result<std::uint32_t> parse_classes(std::string_view text);

/// Names of one line: "direction-flag", its class: "flags".
[[nodiscard]] std::string_view line_name(std::uint16_t line);
[[nodiscard]] std::optional<std::uint16_t> line_from_name(std::string_view name);
[[nodiscard]] std::string_view line_class(std::uint16_t line);
/// "T16", the trap's number in the fact sheet bios_calls.md.
[[nodiscard]] std::string line_trap(std::uint16_t line);

/// "call 3, INT 13h AX=4200: T6 IDTR changed from ... to ..., put right".
[[nodiscard]] std::string change_text(const abi::ContractRecord& record);

/// All of it, several lines; empty when nothing was asked for.
[[nodiscard]] std::string contract_text(const ContractReport& contract);

/// "stacks used: supervisor 260 of 4096 bytes, ...".
[[nodiscard]] std::string stacks_text(const JumpReport& jump);

}  // namespace kjump::report
