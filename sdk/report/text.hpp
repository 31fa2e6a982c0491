// SPDX-License-Identifier: MIT
/// RunReport for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <kjump/target.hpp>

namespace kjump::report {

struct TextOptions {
  std::string reply_file;  ///< the last reply went there and is not shown
  std::string bulk_file;   ///< the last bulk reply went there
};

/// One line per jump, what it printed and replied, how long its phases took, remarks; for_terminal().
[[nodiscard]] std::string to_text(const RunReport& report, const TextOptions& options = {});

/// Empty when every one of `jumps` jumps returned with status 0 and kept the return contract; otherwise the
/// first thing that went wrong.
[[nodiscard]] std::string what_failed(const RunReport& report, std::uint32_t jumps);

/// Sixteen bytes a line: offset, hexadecimal, characters.
[[nodiscard]] std::string hexdump(std::span<const std::byte> bytes);

/// "850 us", "12.3 ms", "4.56 s".
[[nodiscard]] std::string duration(std::uint64_t microseconds);

}  // namespace kjump::report
