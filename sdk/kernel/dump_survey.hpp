// SPDX-License-Identifier: MIT
/// The page structures of the kernel in a dump: which of its pages are free, and what the others are for.
#pragma once

#include <cstdint>
#include <functional>

#include <kjump/result.hpp>

#include "kernel/dump.hpp"

namespace kjump::two_kernels {

/// As makedumpfile tells pages apart to leave them out (its __exclude_unnecessary_pages()).
enum class PageKind : std::uint8_t { kFree, kCache, kPrivateCache, kUser, kOther };
inline constexpr std::size_t kPageKinds = 5;

/// Calls tell(frame, frames, kind) for all memory that the dump is about, in order.
using TellPages = std::function<void(std::uint64_t frame, std::uint64_t frames, PageKind kind)>;
[[nodiscard]] Result<void> survey_dump(Dump& dump, const TellPages& tell);

}  // namespace kjump::two_kernels
