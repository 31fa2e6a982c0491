// SPDX-License-Identifier: MIT
/// What is known of the kernel that is saved.
#pragma once

#include <stdint.h>

namespace kjump::abi::hibernate {

/// What the kernel expects of the content of free pages (hibernation.md H16).
enum class FreeFill : uint32_t { kNothing = 0, kZero = 1, kPoison = 2 };

inline constexpr uint32_t kMostZones = 64;

/// Where the kernel's page structures are and how they look; from VMCOREINFO (hibernation.md 4).
struct KernelFacts {
  uint64_t page_table;  ///< physical address of the kernel's top-level page table (init_top_pgt)
  uint64_t vmemmap;     ///< virtual address of the struct page of frame 0
  uint64_t sme_mask;
  uint32_t five_levels;  ///< 1: the top level is a PML5
  uint32_t page_struct_bytes;
  uint32_t flags_offset, type_offset, order_offset;  ///< in struct page: flags, _mapcount, private
  uint32_t buddy_type;                               ///< value of the type word of a free block's first page
  uint32_t offline_type;                             ///< PageOffline; 0: unknown
  uint32_t orders;                                   ///< LENGTH(zone.free_area)
  uint32_t type_mask;                                ///< bits of the type word that tell types apart
  uint32_t hwpoison_bit;                             ///< in flags; 64: the kernel has none
  uint32_t free_fill;                                ///< FreeFill
  uint32_t zones;                                    ///< in free_areas; 0: their counters are not known
  uint32_t free_area_bytes, free_count_offset;       ///< struct free_area, and nr_free in it
  uint64_t free_areas[kMostZones];                   ///< virtual addresses of zone.free_area
};

inline constexpr uint64_t kUnknownCount = ~uint64_t{0};

}  // namespace kjump::abi::hibernate
