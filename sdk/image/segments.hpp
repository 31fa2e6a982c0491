// SPDX-License-Identifier: MIT
/// Where the segments of an image may lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/image.hpp>

#include "image/places.hpp"

namespace kjump::image {

/// The kernel's KEXEC_SEGMENT_MAX: more cannot be loaded.
inline constexpr std::size_t kMaxSegments = 16;

/// "0x10000-0x1ffff"; `bytes` is not 0.
[[nodiscard]] std::string range_text(std::uint64_t begin, std::uint64_t bytes);

/// Sane address range of one segment: aligned, inside [kImageLowest, kImageEnd). In 64 bits, because a
/// file may say anything. To be asked before content is copied.
[[nodiscard]] Result<void> check_range(std::uint64_t address, std::uint64_t memory_bytes,
                                       std::uint64_t content_bytes, const std::string& subject);

/// All of them together: number, ranges, overlaps, the exchange. Must be sorted by address.
[[nodiscard]] Result<void> check_segments(const ImageInfo& info, const std::vector<Segment>& segments,
                                          const Places& places);

/// Where the bytes [address, address + bytes) lie in the content of the segments: index and offset.
struct Location {
  std::size_t segment = 0;
  std::size_t offset = 0;
};
[[nodiscard]] std::optional<Location> locate(const std::vector<Segment>& segments, std::uint32_t address,
                                             std::uint32_t bytes);

}  // namespace kjump::image
