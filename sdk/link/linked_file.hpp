// SPDX-License-Identifier: MIT
/// What ld.lld made, in physical terms.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kjump/image.hpp>

#include "image/modes.hpp"

namespace kjump::linking {

/// The linked ELF file with everything at its physical address: p_paddr counts, not p_vaddr (the
/// real-mode block is linked at 0 and lives at kRealBase).
struct LinkedFile {
  std::vector<Segment> segments;  ///< whole pages, sorted, not overlapping
  std::vector<Symbol> symbols;
  LineTables line_tables;

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view symbol) const;
};

/// Reads it. `origin` names the output in errors.
[[nodiscard]] Result<LinkedFile> read_linked(std::span<const std::byte> bytes, const image::Mode& mode,
                                             const std::string& origin);

}  // namespace kjump::linking
