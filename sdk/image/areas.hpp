// SPDX-License-Identifier: MIT
/// Names: for the areas of abi/layout.hpp, so that people read "real" and not 0x10000; for sections.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <kjump/abi/layout.hpp>

namespace kjump::image {

struct Area {
  std::string_view name;
  std::uint32_t begin;
  std::uint32_t end;
};

/// Sections of the line tables.
inline constexpr std::string_view kLineSection = ".debug_line";
inline constexpr std::string_view kLineStringSection = ".debug_line_str";

inline constexpr std::array<Area, 5> kAreas{{
    {"real", abi::kRealBase, abi::kRealBase + abi::kRealBytes},
    {"bounce", abi::kBounceBase, abi::kBounceBase + abi::kBounceBytes},
    {"exchange", abi::kExchangeBase, abi::kExchangeBase + abi::kExchangeBytes},
    {"flat", abi::kFlatBase, abi::kFlatEnd},
    {"tables", abi::kLongTablesBase, abi::kLongTablesBase + abi::kLongTablesBytes},
}};

/// Name of the area that holds an address; "other" between areas.
[[nodiscard]] constexpr std::string_view area_name(std::uint32_t address) {
  for (const Area& area : kAreas) {
    if (address >= area.begin && address < area.end) {
      return area.name;
    }
  }
  return "other";
}

}  // namespace kjump::image
