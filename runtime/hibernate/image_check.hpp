// SPDX-License-Identifier: MIT
/// What is asked of an image before one of its numbers is used. The hashes vouch against accidents, this
/// against whoever wrote them (docs/hibernation-format.md, "What a reader checks").
#pragma once

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include "hibernate/page_map.hpp"

namespace kjump::hibernate {

/// One image in the ring, whole; no count that its own size does not bear out.
[[nodiscard]] bool header_fits(const format::ImageHeader& header, const format::CommitRecord& commit);
/// After PageMap::set_ranges().
[[nodiscard]] bool workspace_fits(const PageMap& map, const format::ImageHeader& header);
/// The chunks hold exactly the pages that are marked, in exactly the blocks that there are.
[[nodiscard]] bool tables_fit(const PageMap& map, const format::ImageHeader& header);
/// No page is marked that we need ourselves while we overwrite the others.
[[nodiscard]] bool leaves_us_alone(const PageMap& map, const format::ImageHeader& header);

}  // namespace kjump::hibernate
