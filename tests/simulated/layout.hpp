// SPDX-License-Identifier: MIT
/// Where the simulated machine's parts lie: places that neither the host's loader nor a sanitizer's shadow
/// uses.
#pragma once

#include <cstdint>

#include <kjump/abi/layout.hpp>

namespace kjump::simulated {

inline constexpr std::uint64_t kPage = abi::kPageBytes;
inline constexpr std::uint64_t kLargePage = std::uint64_t{2} << 20;

inline constexpr std::uint64_t kBase = 0x5000'0000'0000;
inline constexpr std::uint64_t kMostMargin = 2 * kLargePage;      ///< of RAM around the workspace
inline constexpr std::uint64_t kWorkspace = kBase + kMostMargin;  ///< in the midst of what is saved
inline constexpr std::uint64_t kWorkspacePages = 4;
inline constexpr std::uint64_t kWorkspaceEnd = kWorkspace + kWorkspacePages * kLargePage;
inline constexpr std::uint64_t kGap = kBase + 23 * kLargePage;  ///< a second range, behind a hole
inline constexpr std::uint64_t kGapBytes = 37 * kPage;
inline constexpr std::uint64_t kTables = 0x5100'0000'0000;
inline constexpr std::uint64_t kTablesBytes = 64 * kPage;
inline constexpr std::uint64_t kStructs = 0x5200'0000'0000;
static_assert(kWorkspaceEnd + kMostMargin < kGap);

/// Fresh zeros there.
void map_memory(std::uint64_t address, std::uint64_t bytes);

[[nodiscard]] constexpr bool is_workspace(std::uint64_t address) {
  return address >= kWorkspace && address < kWorkspaceEnd;
}

}  // namespace kjump::simulated
