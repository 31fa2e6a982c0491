// SPDX-License-Identifier: MIT
#include "targets/linux_vm/kernel_width.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>

namespace kjump::targets {
namespace {

// Offsets and values of Documentation/arch/x86/boot.rst.
constexpr std::size_t kMagicOffset = 0x202;
constexpr std::uint32_t kSetupMagic = 0x53726448;  // "HdrS"
constexpr std::size_t kVersionOffset = 0x206;
constexpr std::uint16_t kVersionWithFlags = 0x20C;  // protocol 2.12
constexpr std::size_t kFlagsOffset = 0x236;
constexpr std::uint16_t kFlagKernel64 = 1U << 0U;
constexpr std::size_t kHeaderEnd = kFlagsOffset + sizeof(std::uint16_t);

template <typename Value>
Value value_at(std::span<const std::byte> bytes, std::size_t offset) {
  Value value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

Width width_of_kernel(std::span<const std::byte> bz_image) {
  if (bz_image.size() < kHeaderEnd || value_at<std::uint32_t>(bz_image, kMagicOffset) != kSetupMagic ||
      value_at<std::uint16_t>(bz_image, kVersionOffset) < kVersionWithFlags) {
    return Width::k64;
  }
  return (value_at<std::uint16_t>(bz_image, kFlagsOffset) & kFlagKernel64) != 0 ? Width::k64 : Width::k32;
}

Width width_of_kernel(const std::filesystem::path& kernel) {
  std::array<char, kHeaderEnd> head{};
  std::ifstream file(kernel, std::ios::binary);
  file.read(head.data(), head.size());
  return width_of_kernel(std::as_bytes(std::span(head)).first(static_cast<std::size_t>(file.gcount())));
}

}  // namespace kjump::targets
