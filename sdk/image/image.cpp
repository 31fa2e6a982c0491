// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <tuple>
#include <utility>

#include <kjump/image.hpp>

#include "image/check.hpp"
#include "image/segments.hpp"

namespace kjump {

Result<Image> Image::build(ImageInfo info, std::vector<Segment> segments, std::vector<Symbol> symbols,
                           LineTables line_tables) {
  // Sorted, so that the same parts give the same bytes in whatever order they come.
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Segment& a, const Segment& b) { return a.address < b.address; });
  std::stable_sort(symbols.begin(), symbols.end(), [](const Symbol& a, const Symbol& b) {
    return std::tie(a.address, a.name) < std::tie(b.address, b.name);
  });
  const image::Places places{"image \"" + info.name + "\"", {}, {}, {}};
  KJUMP_CHECK(image::check(info, segments, symbols, places));
  Image result;
  result.info_ = std::move(info);
  result.segments_ = std::move(segments);
  result.symbols_ = std::move(symbols);
  result.line_tables_ = std::move(line_tables);
  return result;
}

namespace {

/// Only of an image that has room for one, and as much as has room.
Result<void> patch_memory_map(const ImageInfo& info, std::span<const abi::RamRange> ram,
                              std::vector<Segment>& segments) {
  const auto location = image::locate(segments, info.memory_map, abi::kMemoryMapBytes);
  if (!location) {
    return {};
  }
  if (ram.size() > abi::kRamRanges) {
    return fail(ErrorCode::kLimit,
                fmt::format("this machine's RAM has {} parts, an image can be told of {}", ram.size(),
                            abi::kRamRanges),
                info.name);
  }
  abi::MemoryMap map;
  map.count = static_cast<std::uint32_t>(ram.size());
  std::copy(ram.begin(), ram.end(), std::begin(map.ranges));
  std::memcpy(segments[location->segment].content.data() + location->offset, &map, sizeof map);
  return {};
}

}  // namespace

Result<std::vector<Segment>> Image::prepared(const abi::LoaderParameters& parameters,
                                             std::span<const abi::RamRange> ram) const {
  const auto location = image::locate(segments_, info_.parameters, abi::kLoaderParametersBytes);
  if (!location) {
    return fail(ErrorCode::kInvalid, "an image without content cannot be prepared", info_.name);
  }
  abi::LoaderParameters patched = parameters;
  patched.magic = abi::kParametersMagic;
  // Whether there is an exchange is the image's to say, not the loader's.
  patched.flags &= ~abi::kParameterHasExchange;
  patched.flags |= info_.standalone() ? 0 : abi::kParameterHasExchange;
  std::vector<Segment> result = segments_;
  std::memcpy(result[location->segment].content.data() + location->offset, &patched, sizeof patched);
  KJUMP_CHECK(patch_memory_map(info_, ram, result));
  return result;
}

}  // namespace kjump
