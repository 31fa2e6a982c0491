// SPDX-License-Identifier: MIT
/// Where things stand in a file: the subject of every error about an image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kjump::image {

/// "boot.kjump, offset 0x40".
[[nodiscard]] std::string at(const std::string& origin, std::uint64_t offset);

/// File offsets of one segment's parts.
struct SegmentPlace {
  std::uint64_t header = 0;   ///< program header
  std::uint64_t content = 0;  ///< first byte of the content
};

/// Where the parts of an image stand. An image under construction has no file: it has only an origin,
/// and the subjects say which part of it is meant instead of an offset.
struct Places {
  std::string origin;
  std::optional<std::uint64_t> table;  ///< of the program header table
  std::optional<std::uint64_t> note;   ///< of the note's descriptor
  std::vector<SegmentPlace> segments;  ///< parallel to the image's segments, or empty

  [[nodiscard]] std::string program_headers() const;
  [[nodiscard]] std::string note_field(std::size_t field_offset) const;
  [[nodiscard]] std::string segment(std::size_t index) const;
  [[nodiscard]] std::string content(std::size_t index, std::size_t content_offset) const;
};

}  // namespace kjump::image
