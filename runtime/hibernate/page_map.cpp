// SPDX-License-Identifier: MIT
#include "hibernate/page_map.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPage = abi::kPageBytes;
constexpr uint64_t kBits = 64;

}  // namespace

// Page 0 belongs to the firmware that runs now, what an image covers to the payload and to what Linux has put
// aside for it (kexec_jump.md 7); Linux keeps nothing of its own in either.
bool is_never_saved(uint64_t address) {
  return address < kPage || (address >= abi::kImageLowest && address < abi::kImageEnd);
}

bool PageMap::set_ranges(const format::MemoryRange* ranges, uint32_t count) {
  if (count == 0 || count > format::kMostRanges) {
    return false;
  }
  ranges_ = ranges;
  count_ = count;
  pages_ = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const format::MemoryRange& range = ranges[i];
    const bool in_order = i == 0 || ranges[i - 1].end <= range.start;
    if (!in_order || range.end <= range.start || range.start % kPage != 0 || range.end % kPage != 0 ||
        range.end >> 52 != 0) {
      return false;
    }
    first_[i] = pages_;
    pages_ += (range.end - range.start) / kPage;
  }
  return true;
}

uint64_t PageMap::index_of(uint64_t address) const {
  for (uint32_t i = 0; i < count_; ++i) {
    if (address >= ranges_[i].start && address < ranges_[i].end) {
      return first_[i] + (address - ranges_[i].start) / kPage;
    }
  }
  return pages_;
}

uint64_t PageMap::address_of(uint64_t index) const {
  uint32_t i = count_ - 1;
  while (first_[i] > index) {
    --i;
  }
  return ranges_[i].start + (index - first_[i]) * kPage;
}

uint64_t& PageMap::word(uint32_t map, uint64_t number) const {
  const uint64_t offset = map * format::bitmap_bytes(pages_) + number * sizeof(uint64_t);
  return *reinterpret_cast<uint64_t*>(workspace_->table(offset));
}

format::ChunkEntry& PageMap::chunk(uint64_t number) const {
  const uint64_t offset = bitmaps_bytes() + number * sizeof(format::ChunkEntry);
  return *reinterpret_cast<format::ChunkEntry*>(workspace_->table(offset));
}

bool PageMap::bit(uint32_t map, uint64_t index) const {
  return (word(map, index / kBits) >> index % kBits & 1) != 0;
}

void PageMap::clear_bitmaps() {
  for (uint32_t map = 0; map < 2; ++map) {
    for (uint64_t i = 0; i < format::bitmap_bytes(pages_) / sizeof(uint64_t); ++i) {
      word(map, i) = 0;
    }
  }
}

void PageMap::set_data(uint64_t first, uint64_t count, bool value) {
  const uint64_t end = first + count < pages_ ? first + count : pages_;
  while (first < end) {
    const uint64_t shift = first % kBits;
    const uint64_t here = end - first < kBits - shift ? end - first : kBits - shift;
    const uint64_t mask = (here == kBits ? ~uint64_t{0} : (uint64_t{1} << here) - 1) << shift;
    uint64_t& bits = word(0, first / kBits);
    bits = value ? bits | mask : bits & ~mask;
    first += here;
  }
}

void PageMap::set_zero(uint64_t index) {
  word(0, index / kBits) &= ~(uint64_t{1} << index % kBits);
  word(1, index / kBits) |= uint64_t{1} << index % kBits;
}

uint64_t PageMap::next(uint32_t map, uint64_t index) const {
  while (index < pages_) {
    const uint64_t bits = word(map, index / kBits) >> index % kBits;
    if (bits != 0) {
      const uint64_t found = index + static_cast<uint64_t>(__builtin_ctzll(bits));
      return found < pages_ ? found : pages_;
    }
    index = (index / kBits + 1) * kBits;
  }
  return pages_;
}

uint64_t PageMap::count(uint32_t map) const {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < format::bitmap_bytes(pages_) / sizeof(uint64_t); ++i) {
    for (uint64_t bits = word(map, i); bits != 0; bits &= bits - 1) {
      ++sum;
    }
  }
  return sum;
}

bool PageMap::is_sound() const {
  const uint64_t words = format::bitmap_bytes(pages_) / sizeof(uint64_t);
  for (uint64_t i = 0; i < words; ++i) {
    if ((word(0, i) & word(1, i)) != 0) {
      return false;
    }
  }
  const uint64_t used = pages_ % kBits;
  return used == 0 || (word(0, words - 1) >> used == 0 && word(1, words - 1) >> used == 0);
}

}  // namespace kjump::hibernate
