// SPDX-License-Identifier: MIT
// The kernel's part of the simulated machine: which pages are what, and page structures that say so.
#include <sys/mman.h>

#include <cstring>

#include <kjump/abi/hibernate/kernel.hpp>

#include "simulated/layout.hpp"
#include "simulated/machine.hpp"

namespace kjump::simulated {
namespace {

constexpr std::uint64_t kVmemmap = 0xFFFF'EA00'0000'0000;
constexpr std::uint32_t kStructBytes = 64;
constexpr std::uint32_t kTypeOffset = 48;
constexpr std::uint32_t kOrderOffset = 40;
constexpr std::uint32_t kBuddy = 0xF0000000;
constexpr std::uint32_t kOfflineType = 0xF1000000;
constexpr unsigned kFreeOrder = 3;
constexpr std::uint64_t kFreeBlock = std::uint64_t{1} << kFreeOrder;
// One zone's struct free_area lie behind the page structures.
constexpr std::uint32_t kListsBytes = 6 * 16;
constexpr std::uint32_t kAreaBytes = kListsBytes + sizeof(std::uint64_t);

/// Page tables of four levels, all in the memory at kTables.
class Tables {
 public:
  void map_large(std::uint64_t from, std::uint64_t to) {
    std::uint64_t table = kTables;
    for (const unsigned shift : {39U, 30U}) {
      auto& entry = entry_of(table, from >> shift);
      if (entry == 0) {
        entry = (kTables + ++used_ * kPage) | 3;
      }
      table = entry & ~std::uint64_t{0xFFF};
    }
    entry_of(table, from >> 21) = to | 0x83;
  }

 private:
  static std::uint64_t& entry_of(std::uint64_t table, std::uint64_t index) {
    return reinterpret_cast<std::uint64_t*>(table)[index & 511];
  }
  std::uint64_t used_ = 0;
};

void set_type(std::uint64_t address, std::uint32_t type, std::uint64_t order) {
  const std::uint64_t base = kStructs + (address - kBase) / kPage * kStructBytes;
  std::memcpy(reinterpret_cast<void*>(base + kTypeOffset), &type, sizeof type);
  std::memcpy(reinterpret_cast<void*>(base + kOrderOffset), &order, sizeof order);
}

constexpr format::KernelFacts kFacts{.page_table = kTables,
                                     .vmemmap = kVmemmap,
                                     .sme_mask = 0,
                                     .five_levels = 0,
                                     .page_struct_bytes = kStructBytes,
                                     .flags_offset = 0,
                                     .type_offset = kTypeOffset,
                                     .order_offset = kOrderOffset,
                                     .buddy_type = kBuddy,
                                     .offline_type = kOfflineType,
                                     .orders = 11,
                                     .type_mask = 0xFF000000,
                                     .hwpoison_bit = 22,
                                     .free_fill = 0,
                                     .zones = 1,
                                     .free_area_bytes = kAreaBytes,
                                     .free_count_offset = kListsBytes,
                                     .free_areas = {}};

}  // namespace

void Machine::make_kernel() {
  constexpr std::uint64_t kStructsBytes = (kGap + kGapBytes - kBase) / kPage * kStructBytes;
  map_memory(kTables, kTablesBytes);
  map_memory(kStructs, kStructsBytes + kLargePage);
  Tables tables;
  const std::uint64_t first = kVmemmap + kBase / kPage * kStructBytes;
  for (std::uint64_t at = 0; at <= kStructsBytes; at += kLargePage) {
    tables.map_large(first + at, kStructs + at);
  }
  free_count =
      reinterpret_cast<std::uint64_t*>(kStructs + kStructsBytes + kFreeOrder * kAreaBytes + kListsBytes);
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    const std::uint64_t address = address_of(i);
    if (is_workspace(address)) {
      continue;
    }
    const std::uint64_t dice = chance() % 16;
    const std::uint64_t last = address + (kFreeBlock - 1) * kPage;
    if (dice == 0 && address / kPage % kFreeBlock == 0 && last < ram_end() && !is_workspace(last)) {
      set_type(address, kBuddy, kFreeOrder);
      ++*free_count;
      for (std::uint64_t k = 0; k < kFreeBlock; ++k) {
        kinds_[i++] = Content::kFree;
      }
      --i;
    } else if (dice == 1 && i % 64 == 1) {
      set_type(address, kOfflineType, 0);
      kinds_[i] = Content::kOffline;
      ::mprotect(page_at(i), kPage, PROT_NONE);  // who reads it dies
    } else {
      kinds_[i] = dice < 5 ? Content::kZero : dice < 9 ? Content::kRandom : Content::kText;
    }
  }
  save_request.facts = kFacts;
  save_request.flags = format::kSaveCompressAll;  // what a fault hits must not depend on how fast a disk is
  save_request.facts.free_areas[0] = first + kStructsBytes;
}

}  // namespace kjump::simulated
