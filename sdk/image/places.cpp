// SPDX-License-Identifier: MIT
#include "image/places.hpp"

#include <fmt/format.h>

namespace kjump::image {

std::string at(const std::string& origin, std::uint64_t offset) {
  return fmt::format("{}, offset {:#x}", origin, offset);
}

std::string Places::program_headers() const {
  return table ? at(origin, *table) : origin;
}

std::string Places::note_field(std::size_t field_offset) const {
  return note ? at(origin, *note + field_offset) : origin;
}

std::string Places::segment(std::size_t index) const {
  return index < segments.size() ? at(origin, segments[index].header)
                                 : fmt::format("{}, segment {}", origin, index);
}

std::string Places::content(std::size_t index, std::size_t content_offset) const {
  return index < segments.size() ? at(origin, segments[index].content + content_offset)
                                 : fmt::format("{}, segment {} + {:#x}", origin, index, content_offset);
}

}  // namespace kjump::image
