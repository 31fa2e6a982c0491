// SPDX-License-Identifier: MIT
#include "host/wake/placed_image.hpp"

#include <algorithm>
#include <utility>

namespace kjump {

Result<PlacedImage> PlacedImage::place(const System& system, const std::vector<Segment>& segments) {
  std::vector<Piece> pieces;
  for (const Segment& segment : segments) {
    KJUMP_TRY(PhysicalMapping mapping, PhysicalMapping::map(system, segment.address, segment.memory_bytes,
                                                            PhysicalMapping::Access::kReadWrite));
    const auto memory = mapping.bytes();
    std::vector<std::byte> before(memory.begin(), memory.end());
    pieces.push_back({std::move(mapping), std::move(before)});
  }
  // Only now, when nothing can fail any more, is anything written.
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto memory = pieces[i].mapping.bytes();
    const auto rest = std::copy(segments[i].content.begin(), segments[i].content.end(), memory.begin());
    std::fill(rest, memory.end(), std::byte{});
  }
  return PlacedImage(std::move(pieces));
}

PlacedImage::~PlacedImage() {
  for (Piece& piece : pieces_) {
    std::copy(piece.before.begin(), piece.before.end(), piece.mapping.bytes().begin());
  }
}

}  // namespace kjump
