// SPDX-License-Identifier: MIT
/// From the exchange's bytes after a jump to a JumpReport. Trusts nothing: a payload may have written anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::report {

/// When the caller jumped and ran again, in TSC ticks of the processor that jumped.
struct JumpWindow {
  std::uint64_t tsc_before = 0;
  std::uint64_t tsc_after = 0;
  double ticks_per_microsecond = 0;   ///< 0: unknown, phases stay empty
};

/// `exchange` is all of it, from the header on; `nonce` and `sequence` are what the caller wrote before this
/// jump. An Error means that the payload has damaged the header; a jump that the stub refused, a fault and a
/// timeout are reports.
[[nodiscard]] Result<JumpReport> decode_exchange(std::span<const std::byte> exchange, std::uint64_t nonce,
                                                 std::uint32_t sequence, const JumpWindow& window = {});

}  // namespace kjump::report
