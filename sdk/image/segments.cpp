// SPDX-License-Identifier: MIT
#include "image/segments.hpp"

#include <fmt/format.h>

#include <kjump/abi/layout.hpp>

namespace kjump::image {
namespace {

std::string allowed_range() {
  return "an image lies in " + range_text(abi::kImageLowest, abi::kImageEnd - abi::kImageLowest);
}

}  // namespace

std::string range_text(std::uint64_t begin, std::uint64_t bytes) {
  return fmt::format("{:#x}-{:#x}", begin, begin + bytes - 1);
}

Result<void> check_range(std::uint64_t address, std::uint64_t memory_bytes, std::uint64_t content_bytes,
                         const std::string& subject) {
  if (memory_bytes == 0) {
    return fail(ErrorCode::kMalformed, fmt::format("segment at {:#x} has no memory", address), subject);
  }
  if (address < abi::kImageLowest) {
    return fail(ErrorCode::kLimit,
                fmt::format("segment at {:#x} lies {}", address,
                            address < abi::kPageBytes
                                ? "in page 0, which is the firmware's (IVT, BDA)"
                                : fmt::format("below {:#x}, where boot loaders and option ROMs keep data",
                                              abi::kImageLowest)),
                subject, allowed_range());
  }
  if (address >= abi::kImageEnd || memory_bytes > abi::kImageEnd - address) {
    return fail(
        ErrorCode::kLimit,
        fmt::format("segment of {:#x} bytes at {:#x} reaches above {:#x}, where the EBDA and Linux's own "
                    "memory may be",
                    memory_bytes, address, abi::kImageEnd),
        subject, allowed_range());
  }
  if (address % abi::kPageBytes != 0 || memory_bytes % abi::kPageBytes != 0) {
    return fail(
        ErrorCode::kMalformed,
        fmt::format("segment of {:#x} bytes at {:#x} is not made of whole pages", memory_bytes, address),
        subject);
  }
  if (content_bytes > memory_bytes) {
    return fail(ErrorCode::kMalformed,
                fmt::format("segment at {:#x} has {:#x} bytes of content for {:#x} bytes of memory", address,
                            content_bytes, memory_bytes),
                subject);
  }
  return {};
}

std::optional<Location> locate(const std::vector<Segment>& segments, std::uint32_t address,
                               std::uint32_t bytes) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    if (address < segment.address) {
      continue;
    }
    const std::size_t offset = address - segment.address;
    if (offset < segment.content.size() && bytes <= segment.content.size() - offset) {
      return Location{i, offset};
    }
  }
  return std::nullopt;
}

Result<void> check_segments(const ImageInfo& info, const std::vector<Segment>& segments,
                            const Places& places) {
  if (segments.empty()) {
    return fail(ErrorCode::kMalformed, "the image has no segments", places.program_headers());
  }
  if (segments.size() > kMaxSegments) {
    return fail(ErrorCode::kLimit,
                fmt::format("the image has {} segments, kexec takes {}", segments.size(), kMaxSegments),
                places.segment(kMaxSegments));
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    KJUMP_CHECK(
        check_range(segment.address, segment.memory_bytes, segment.content.size(), places.segment(i)));
    const std::string range = range_text(segment.address, segment.memory_bytes);
    if (i > 0 && segment.address < segments[i - 1].end()) {
      return fail(ErrorCode::kMalformed,
                  fmt::format("segment {} overlaps segment {}", range,
                              range_text(segments[i - 1].address, segments[i - 1].memory_bytes)),
                  places.segment(i));
    }
    if (!info.standalone() && segment.address < abi::kExchangeBase + abi::kExchangeBytes &&
        segment.end() > abi::kExchangeBase) {
      return fail(ErrorCode::kLimit,
                  fmt::format("segment {} lies over the exchange ({})", range,
                              range_text(abi::kExchangeBase, abi::kExchangeBytes)),
                  places.segment(i), "move it, or link with --standalone");
    }
  }
  return {};
}

}  // namespace kjump::image
