// SPDX-License-Identifier: MIT
/// The rules that every jump image keeps, whether it was read or is being built.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <kjump/image.hpp>

#include "image/places.hpp"

namespace kjump::image {

/// Names are printed and kept; a hostile string table could make them very long.
inline constexpr std::size_t kMaxSymbolNameBytes = 16U << 20;

/// A symbol's name has one and it does not talk to the terminal. It may be UTF-8.
[[nodiscard]] Result<void> check_symbol_name(std::string_view name, const std::string& subject);

/// All rules. `segments` must be sorted by address.
[[nodiscard]] Result<void> check(const ImageInfo& info, const std::vector<Segment>& segments,
                                 const std::vector<Symbol>& symbols, const Places& places);

}  // namespace kjump::image
