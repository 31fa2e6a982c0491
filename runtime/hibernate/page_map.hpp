// SPDX-License-Identifier: MIT
/// Which pages of the machine an image holds: two bitmaps over all ranges, as they lie on the disk, in the
/// workspace's tables.
#pragma once

#include <kjump/abi/hibernate/content.hpp>

#include "hibernate/workspace.hpp"

namespace kjump::hibernate {

/// What an image never holds: it is in use by whoever reads it.
[[nodiscard]] bool is_never_saved(uint64_t address);

class PageMap {
 public:
  /// Ranges must be sorted, of whole pages and disjoint; false if they are not.
  bool set_ranges(const format::MemoryRange* ranges, uint32_t count);
  void use(const Workspace& workspace) { workspace_ = &workspace; }

  [[nodiscard]] uint64_t pages() const { return pages_; }
  [[nodiscard]] uint64_t bitmaps_bytes() const { return 2 * format::bitmap_bytes(pages_); }

  /// Number of the page at `address`, which is in a range; pages() when it is in none.
  [[nodiscard]] uint64_t index_of(uint64_t address) const;
  [[nodiscard]] uint64_t address_of(uint64_t index) const;
  [[nodiscard]] uint32_t range_count() const { return count_; }
  [[nodiscard]] const format::MemoryRange& range(uint32_t i) const { return ranges_[i]; }

  void clear_bitmaps();
  void set_data(uint64_t first, uint64_t count, bool value);
  void set_zero(uint64_t index);
  [[nodiscard]] bool is_data(uint64_t index) const { return bit(0, index); }
  [[nodiscard]] bool is_zero(uint64_t index) const { return bit(1, index); }
  /// The next page that is marked, from `index` on; pages() if there is none.
  [[nodiscard]] uint64_t next_data(uint64_t index) const { return next(0, index); }
  [[nodiscard]] uint64_t next_zero(uint64_t index) const { return next(1, index); }
  [[nodiscard]] uint64_t count_data() const { return count(0); }
  [[nodiscard]] uint64_t count_zero() const { return count(1); }
  /// No page is marked as both, none behind the last.
  [[nodiscard]] bool is_sound() const;

  [[nodiscard]] format::ChunkEntry& chunk(uint64_t number) const;

 private:
  [[nodiscard]] uint64_t& word(uint32_t map, uint64_t number) const;
  [[nodiscard]] bool bit(uint32_t map, uint64_t index) const;
  [[nodiscard]] uint64_t next(uint32_t map, uint64_t index) const;
  [[nodiscard]] uint64_t count(uint32_t map) const;

  const Workspace* workspace_ = nullptr;
  const format::MemoryRange* ranges_ = nullptr;
  uint64_t first_[format::kMostRanges] = {};  ///< number of each range's first page
  uint32_t count_ = 0;
  uint64_t pages_ = 0;
};

}  // namespace kjump::hibernate
