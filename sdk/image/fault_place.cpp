// SPDX-License-Identifier: MIT
#include "image/fault_place.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kjump {
namespace {

std::uint64_t linear_address(const abi::FaultRecord& fault) {
  const bool real = fault.mode == static_cast<std::uint8_t>(abi::FaultMode::kReal);
  return real ? (std::uint64_t{fault.cs} << 4) + fault.ip : fault.ip;
}

}  // namespace

std::string place_of(const Image& image, const abi::FaultRecord& fault) {
  const std::uint64_t address = linear_address(fault);
  const auto& segments = image.segments();
  const auto inside = [&](const Segment& segment) {
    return address >= segment.address && address - segment.address < segment.content.size();
  };
  if (std::none_of(segments.begin(), segments.end(), inside)) {
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

}  // namespace kjump
