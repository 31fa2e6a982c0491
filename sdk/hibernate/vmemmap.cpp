// SPDX-License-Identifier: MIT
#include "hibernate/vmemmap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include <kjump/abi/layout.hpp>

#include "host/kernel_memory.hpp"

namespace kjump::hibernate {
namespace {

// include/linux/mmzone.h: SECTION_MARKED_PRESENT, SECTION_HAS_MEM_MAP, and others below a page's size.
constexpr std::uint64_t kPresent = 1;
constexpr std::uint64_t kHasMap = 2;
constexpr std::uint64_t kFlags = abi::kPageBytes - 1;
constexpr std::uint32_t kMostRoots = 512;
constexpr std::uint64_t kLowestKernelAddress = std::uint64_t{1} << 63;

std::uint64_t word_at(std::string_view bytes, std::size_t offset) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof(word));
  return word;
}

}  // namespace

Result<std::optional<std::uint64_t>> decode_sections(std::string_view root, std::uint32_t section_bytes) {
  std::optional<std::uint64_t> base;
  if (section_bytes < sizeof(std::uint64_t)) {
    return fail(ErrorCode::kMalformed, "a struct mem_section of no size", "SIZE(mem_section)");
  }
  for (std::size_t at = 0; at + section_bytes <= root.size(); at += section_bytes) {
    // sparse_encode_mem_map() (mm/sparse.c) subtracts the section's first frame, so every section's word is
    // the same: the base, and flags.
    const std::uint64_t word = word_at(root, at);  // section_mem_map comes first
    if ((word & kPresent) == 0 || (word & kHasMap) == 0) {
      continue;
    }
    const std::uint64_t decoded = word & ~kFlags;
    if (base && decoded != *base) {
      return fail(ErrorCode::kUnsupported, "the kernel's page structures do not lie in one array",
                  "SYMBOL(mem_section)", "the kernel needs CONFIG_SPARSEMEM_VMEMMAP");
    }
    base = decoded;
  }
  if (base && *base < kLowestKernelAddress) {
    return fail(ErrorCode::kMalformed, fmt::format("page structures at {:#x} cannot be", *base),
                "SYMBOL(mem_section)");
  }
  return base;
}

Result<std::uint64_t> vmemmap_by_sections(const System& system, const Vmcoreinfo& info) {
  return vmemmap_by_sections(
      [&system](std::uint64_t address, std::size_t bytes) {
        return read_kernel_memory(system, address, bytes);
      },
      info);
}

Result<std::uint64_t> vmemmap_by_sections(const ReadKernel& read, const Vmcoreinfo& info) {
  KJUMP_TRY(const std::uint64_t table, info.symbol("mem_section"));
  KJUMP_TRY(const std::uint32_t length, info.length("mem_section"));
  KJUMP_TRY(const std::uint32_t bytes, info.size("mem_section"));
  if (bytes < sizeof(std::uint64_t) || bytes > abi::kPageBytes) {
    return fail(ErrorCode::kMalformed, fmt::format("a struct mem_section of {} bytes", bytes),
                "SIZE(mem_section)");
  }
  // CONFIG_SPARSEMEM_EXTREME, which x86_64 always has: an array of pointers to roots of a page each.
  const std::size_t roots = std::min(length, kMostRoots);
  KJUMP_TRY(const std::string pointers, read(table, roots * sizeof(std::uint64_t)));
  for (std::size_t i = 0; i < roots; ++i) {
    const std::uint64_t root = word_at(pointers, i * sizeof(std::uint64_t));
    if (root == 0) {
      continue;
    }
    KJUMP_TRY(const std::string sections, read(root, abi::kPageBytes / bytes * std::size_t{bytes}));
    KJUMP_TRY(const std::optional<std::uint64_t> base, decode_sections(sections, bytes));
    if (base) {
      return *base;
    }
  }
  return fail(ErrorCode::kMalformed, "no section of memory has page structures", "SYMBOL(mem_section)");
}

Result<std::optional<std::uint64_t>> vmemmap_by_symbol(const Vmcoreinfo& info) {
  if (!info.value("SYMBOL(vmemmap)")) {
    return std::optional<std::uint64_t>();
  }
  KJUMP_TRY(const std::uint64_t base, info.symbol("vmemmap"));
  return std::optional(base);
}

}  // namespace kjump::hibernate
