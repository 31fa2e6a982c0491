// SPDX-License-Identifier: MIT
/// Numbers that mark what belongs to one run.
#pragma once

#include <cstdint>

#include <kjump/result.hpp>

namespace kjump::targets {

/// From the kernel's random numbers; never zero, so that cleared memory cannot match.
[[nodiscard]] Result<std::uint64_t> fresh_nonce();

}  // namespace kjump::targets
