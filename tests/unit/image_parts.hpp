// SPDX-License-Identifier: MIT
/// A small valid image and its parts, for tests that break them one at a time. Used by the fuzzers too.
#pragma once

#include <cstring>
#include <vector>

#include <kjump/abi/layout.hpp>
#include <kjump/image.hpp>

namespace kjump::test {

inline constexpr std::uint32_t kSampleParametersOffset = 0x40;

/// Content of the flat segment: code that nobody runs, then the loader's parameters.
inline std::vector<std::byte> sample_content() {
  std::vector<std::byte> content(kSampleParametersOffset + abi::kLoaderParametersBytes, std::byte{0x90});
  const abi::LoaderParameters parameters;
  std::memcpy(content.data() + kSampleParametersOffset, &parameters, sizeof parameters);
  return content;
}

inline ImageInfo sample_info() {
  ImageInfo info;
  info.mode = abi::PayloadMode::kPhysical;
  info.flags = abi::kImageNeedsBios;
  info.kexec_entry = abi::kFlatBase;
  info.wake_entry = abi::kRealBase + 2;
  info.boot_entry = abi::kRealBase + 4;
  info.boot_entry_flat = abi::kFlatBase + 8;
  info.parameters = abi::kFlatBase + kSampleParametersOffset;
  info.exchange_base = abi::kExchangeBase;
  info.exchange_bytes = abi::kExchangeBytes;
  info.deadline_ms = 2500;
  info.name = "sample";
  info.version = "1.2";
  info.description = "Nothing much";
  return info;
}

/// Content, content with zeros behind it, and only zeros.
inline std::vector<Segment> sample_segments() {
  return {{abi::kRealBase, abi::kPageBytes, std::vector<std::byte>(8, std::byte{0xF4})},
          {abi::kBounceBase, abi::kBounceBytes, {}},
          {abi::kFlatBase, 2 * abi::kPageBytes, sample_content()}};
}

inline std::vector<Symbol> sample_symbols() {
  return {{"kjump_wake_entry", abi::kRealBase + 2, 6},
          {"kjump_kexec_entry", abi::kFlatBase, 16},
          {"some_zeros", abi::kFlatBase + abi::kPageBytes, 0},
          {"nowhere", 0xFFFFFFFF, 0}};
}

/// The whole image; throws when the sdk refuses it, which ends the test.
inline Image sample_image() {
  return Image::build(sample_info(), sample_segments(), sample_symbols()).value();
}

inline std::vector<std::byte> sample_bytes() {
  return sample_image().serialize().value();
}

inline bool same(const ImageInfo& a, const ImageInfo& b) {
  return a.format_version == b.format_version && a.mode == b.mode && a.flags == b.flags &&
         a.kexec_entry == b.kexec_entry && a.wake_entry == b.wake_entry && a.boot_entry == b.boot_entry &&
         a.boot_entry_flat == b.boot_entry_flat && a.parameters == b.parameters &&
         a.exchange_base == b.exchange_base && a.exchange_bytes == b.exchange_bytes &&
         a.deadline_ms == b.deadline_ms && a.name == b.name && a.version == b.version &&
         a.description == b.description;
}

inline bool same(const Segment& a, const Segment& b) {
  return a.address == b.address && a.memory_bytes == b.memory_bytes && a.content == b.content;
}

inline bool same(const Symbol& a, const Symbol& b) {
  return a.name == b.name && a.address == b.address && a.bytes == b.bytes;
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& left, const T& right) { return same(left, right); });
}

inline bool same(const Image& a, const Image& b) {
  return same(a.info(), b.info()) && same(a.segments(), b.segments()) && same(a.symbols(), b.symbols());
}

}  // namespace kjump::test
