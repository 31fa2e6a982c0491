// SPDX-License-Identifier: MIT
/// Words for the numbers of the ABI. The words are part of the JSON form: they never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/firmware_call.hpp>

namespace kjump::report {

/// "pending", "returned", "fault", "timeout", "refused".
[[nodiscard]] std::string_view outcome_name(abi::Outcome outcome);
[[nodiscard]] std::optional<abi::Outcome> outcome_from_name(std::string_view wanted);

/// abi::kRepair* bits as words; a bit without a name becomes "bit7".
[[nodiscard]] std::vector<std::string> repair_names(std::uint32_t bits);
[[nodiscard]] std::optional<std::uint32_t> repair_bit(std::string_view name);

/// abi::kHardware* bits as words.
[[nodiscard]] std::vector<std::string> hardware_names(std::uint32_t bits);
[[nodiscard]] std::optional<std::uint32_t> hardware_bit(std::string_view name);

/// abi::kBreach* bits as sentences.
[[nodiscard]] std::vector<std::string> breach_texts(std::uint32_t bits);

/// "general protection fault (#GP)"; "exception 31" for a vector without a name.
[[nodiscard]] std::string exception_name(std::uint32_t vector);

}  // namespace kjump::report
