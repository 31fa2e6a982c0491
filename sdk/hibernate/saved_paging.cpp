// SPDX-License-Identifier: MIT
#include "hibernate/saved_paging.hpp"

#include <span>

namespace kjump::hibernate {
namespace {

constexpr std::uint64_t kPresent = 1U << 0;
constexpr std::uint64_t kLarge = 1U << 7;
constexpr std::uint64_t kAddressBits = 0x000F'FFFF'FFFF'F000;
constexpr unsigned kPageShift = 12;
constexpr unsigned kIndexBits = 9;
// Tables of one kernel; more means that they lead in circles.
constexpr std::size_t kMostTables = 65536;

/// Bits of an address below the part that this level's index takes.
constexpr unsigned shift_of(unsigned level) {
  return kPageShift + kIndexBits * (level - 1);
}

bool is_leaf(std::uint64_t entry, unsigned level) {
  return level == 1 || ((entry & kLarge) != 0 && level <= 3);
}

}  // namespace

std::uint64_t SavedPaging::address_in(std::uint64_t entry) const {
  return entry & kAddressBits & ~mask_;
}

Result<const SavedPaging::Table*> SavedPaging::table_at(std::uint64_t physical) {
  const auto known = tables_.find(physical);
  if (known != tables_.end()) {
    return &known->second;
  }
  if (tables_.size() >= kMostTables) {
    return fail(ErrorCode::kMalformed, "the page tables in the image lead in circles", "image");
  }
  Table table{};
  KJUMP_CHECK(read_(physical, std::as_writable_bytes(std::span(table))));
  return &tables_.emplace(physical, table).first->second;
}

Result<std::optional<std::uint64_t>> SavedPaging::translate(std::uint64_t virtual_address) {
  std::uint64_t table = top_;
  for (unsigned level = levels_; level != 0; --level) {
    KJUMP_TRY(const Table* entries, table_at(table));
    const std::uint64_t entry = (*entries)[virtual_address >> shift_of(level) & (kEntries - 1)];
    if ((entry & kPresent) == 0) {
      return std::nullopt;
    }
    if (is_leaf(entry, level)) {
      const std::uint64_t inside = (std::uint64_t{1} << shift_of(level)) - 1;
      return (address_in(entry) & ~inside) | (virtual_address & inside);
    }
    table = address_in(entry);
  }
  return std::nullopt;
}

Result<std::optional<MappedPage>> SavedPaging::first_page(std::uint64_t table, unsigned level,
                                                          std::uint64_t base) {
  KJUMP_TRY(const Table* entries, table_at(table));
  for (unsigned i = level == levels_ ? kEntries / 2 : 0; i < kEntries; ++i) {
    const std::uint64_t entry = (*entries)[i];
    const std::uint64_t address = base + (std::uint64_t{i} << shift_of(level));
    if ((entry & kPresent) == 0) {
      continue;
    }
    if (is_leaf(entry, level)) {
      const std::uint64_t inside = (std::uint64_t{1} << shift_of(level)) - 1;
      return MappedPage{address, address_in(entry) & ~inside};
    }
    KJUMP_TRY(const auto found, first_page(address_in(entry), level - 1, address));
    if (found) {
      return found;
    }
  }
  return std::nullopt;
}

Result<std::optional<MappedPage>> SavedPaging::first_kernel_page() {
  // Upper addresses are the sign-extended ones (SDM 1, 3.3.7.1).
  const unsigned bits = shift_of(levels_ + 1);
  return first_page(top_, levels_, ~std::uint64_t{0} << bits);
}

}  // namespace kjump::hibernate
