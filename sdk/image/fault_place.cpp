// SPDX-License-Identifier: MIT
#include "image/fault_place.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <kjump/abi/layout.hpp>

#include "image/line_table.hpp"

namespace kjump {
namespace {

std::uint64_t linear_address(const abi::FaultRecord& fault) {
  const bool real = fault.mode == static_cast<std::uint8_t>(abi::FaultMode::kReal);
  return real ? (std::uint64_t{fault.cs} << 4) + fault.ip : fault.ip;
}

bool has_content_at(const Image& image, std::uint64_t address) {
  const auto& segments = image.segments();
  return std::any_of(segments.begin(), segments.end(), [&](const Segment& segment) {
    return address >= segment.address && address - segment.address < segment.content.size();
  });
}

}  // namespace

std::string place_of(const Image& image, const abi::FaultRecord& fault) {
  const std::uint64_t address = linear_address(fault);
  if (!has_content_at(image, address)) {
    return {};
  }
  const Symbol* nearest = nullptr;
  for (const Symbol& symbol : image.symbols()) {
    if (symbol.address <= address && (nearest == nullptr || symbol.address > nearest->address)) {
      nearest = &symbol;
    }
  }
  return nearest == nullptr ? std::string()
                            : fmt::format("{}+{:#x}", nearest->name, address - nearest->address);
}

std::string source_of(const Image& image, const abi::FaultRecord& fault) {
  const std::uint64_t address = linear_address(fault);
  if (!has_content_at(image, address)) {
    return {};
  }
  // The real block is linked at 0 (stubs/kjump.ld.in).
  const bool real = address < abi::kRealBase + abi::kRealBytes;
  return image::source_line(image, real ? address - abi::kRealBase : address);
}

}  // namespace kjump
