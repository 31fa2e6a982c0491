// SPDX-License-Identifier: MIT
/// From the memory that the carrier left to a RunReport.
#pragma once

#include <cstdint>
#include <string>

#include <kjump/image.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "targets/vm/guest_memory.hpp"

namespace kjump::targets {

/// Every jump that came back. The carrier must have ended well.
[[nodiscard]] Result<RunReport> read_carrier_report(const GuestMemory& memory, const Image& image,
                                                    std::uint64_t nonce, double ticks_per_microsecond);

/// How far a machine came that was lost on the way: "jump 2 was lost in the payload, which had printed: ...".
[[nodiscard]] std::string last_seen(const GuestMemory& memory, const Image& image, std::uint64_t nonce);

}  // namespace kjump::targets
