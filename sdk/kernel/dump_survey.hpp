// SPDX-License-Identifier: MIT
/// The page structures of the kernel in a dump: which of its pages are free, and what was left out of the
/// dump beside them.
#pragma once

#include <array>
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

struct KindCount {
  std::uint64_t there = 0;
  std::uint64_t left_out = 0;
};
using LeftOut = std::array<KindCount, kPageKinds>;  ///< by PageKind

/// A kernel can go on from this dump: it has all but free pages and pages that were zero.
/// Where the format says what was left out, that is believed. Where it does not (ELF), each kind of page
/// that makedumpfile can leave out must be there at least in part, since it leaves out all pages of a kind
/// or none: a dump in which every user page is missing had them left out, one in which some are missing has
/// lost those that were zero.
[[nodiscard]] Result<void> check_left_out(Dump& dump);

/// The rule itself.
[[nodiscard]] Result<void> judge_left_out(const LeftOut& counts, const std::string& subject);

}  // namespace kjump::two_kernels
