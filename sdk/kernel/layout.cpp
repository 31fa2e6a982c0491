// SPDX-License-Identifier: MIT
#include "kernel/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <kjump/abi/layout.hpp>

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
// LOAD_PHYSICAL_ADDR of every configuration: below it a kernel would move itself up to it.
constexpr std::uint64_t kLowestKernel = 16 * kMebibyte;
// What a small kernel takes for itself (struct page, slabs, per-CPU areas) before there is room for a
// program.
constexpr std::uint64_t kWorkingRoom = 24 * kMebibyte;

constexpr std::uint64_t round_up_to(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::uint64_t kernel_address(const BootImage& image, std::uint64_t base) {
  return round_up_to(std::max(base + kHeadBytes, kLowestKernel), image.header().kernel_alignment);
}

}  // namespace

std::uint64_t least_memory(const BootImage& image, std::uint64_t initrd_bytes) {
  // The initial RAM disk is unpacked into a second copy before it is freed.
  return image.header().kernel_alignment + kHeadBytes + image.header().init_size + 2 * initrd_bytes +
         kWorkingRoom;
}

Result<Layout> lay_out(const BootImage& image, std::uint64_t initrd_bytes, const MemoryPiece& memory) {
  const std::string subject = fmt::format("{} MiB at {:#x}", memory.bytes / kMebibyte, memory.base);
  constexpr std::uint64_t kLargestInitrd = std::uint64_t{1} << 40;  // so that nothing below overflows
  if (initrd_bytes > kLargestInitrd) {
    return fail(ErrorCode::kLimit, "the initial RAM disk is too large", subject);
  }
  const std::uint64_t least = least_memory(image, initrd_bytes);
  if (memory.bytes < least) {
    return fail(ErrorCode::kLimit, "too little memory for this kernel and its initial RAM disk", subject,
                fmt::format("give it --memory {}M or more", round_up_to(least, 2 * kMebibyte) / kMebibyte));
  }
  constexpr std::uint64_t k4Gib = std::uint64_t{1} << 32;
  if (memory.end() > k4Gib && !(image.is_64bit() && image.may_lie_above_4gib())) {
    return fail(ErrorCode::kUnsupported, "this kernel cannot lie above 4 GiB", subject,
                "reserve memory below, with memmap= or crashkernel=");
  }
  Layout layout;
  layout.tables = memory.base;
  layout.snapshot = snapshot_in(memory);
  layout.kernel = kernel_address(image, memory.base);
  layout.initrd = (memory.end() - initrd_bytes) / abi::kPageBytes * abi::kPageBytes;
  if (layout.kernel + image.header().init_size > layout.initrd) {
    return fail(ErrorCode::kLimit, "kernel and initial RAM disk do not fit", subject,
                "give it more --memory");
  }
  return layout;
}

}  // namespace kjump::two_kernels
