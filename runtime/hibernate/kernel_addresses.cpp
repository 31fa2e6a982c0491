// SPDX-License-Identifier: MIT
#include "hibernate/kernel_addresses.hpp"

#include <kjump/payload.hpp>

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPresent = 1;
constexpr uint64_t kLarge = 1u << 7;
constexpr uint64_t kAddressBits = 0x000F'FFFF'FFFF'F000;

}  // namespace

uint64_t read_word(uint64_t physical_address) {
  return *static_cast<volatile uint64_t*>(physical(physical_address));
}

uint32_t read_half(uint64_t physical_address) {
  return *static_cast<volatile uint32_t*>(physical(physical_address));
}

// Leaves in first_, span_, base_ the page, large or small, that maps `address`; span_ 0: nothing does.
void KernelAddresses::walk(uint64_t address) {
  uint64_t table = facts_.page_table;
  span_ = 0;
  for (uint32_t shift = facts_.five_levels != 0 ? 48 : 39;; shift -= 9) {
    const uint64_t entry = read_word(table + (address >> shift & 0x1FF) * sizeof(uint64_t));
    if ((entry & kPresent) == 0) {
      return;
    }
    const uint64_t target = entry & kAddressBits & ~facts_.sme_mask;
    const bool leaf = shift == 12 || (shift <= 30 && (entry & kLarge) != 0);
    if (leaf) {
      span_ = uint64_t{1} << shift;
      first_ = address & ~(span_ - 1);
      base_ = target & ~(span_ - 1);
      return;
    }
    table = target;
  }
}

}  // namespace kjump::hibernate
