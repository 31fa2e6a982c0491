// SPDX-License-Identifier: MIT
#include "long_mode/window.hpp"

#include <kjump/abi/layout.hpp>
#include <kjump/payload.hpp>

namespace kjump {

namespace {

constexpr uint64_t kPage = abi::kPageBytes;
constexpr uint64_t kPresent = 3;  // and writable
constexpr uint64_t kFrame = ~uint64_t{0xFFF};
constexpr uint32_t kLevelBits = 9;
constexpr uint32_t kEntries = 1u << kLevelBits;

uint64_t* table_at(uint64_t address) {
  return static_cast<uint64_t*>(physical(address));
}

void clear_table(uint64_t address) {
  uint64_t* entries = table_at(address);
  for (uint32_t i = 0; i < kEntries; ++i) {
    entries[i] = 0;
  }
}

/// The entry for the window's page `number`, in the table of that level: 0 is the lowest.
uint64_t& entry_of(uint64_t table, uint64_t number, uint32_t level) {
  return table_at(table)[number >> level * kLevelBits & (kEntries - 1)];
}

uint64_t page_of(uint64_t number) {
  uint64_t table = window.root;
  for (uint32_t level = 2; level != 0; --level) {
    table = entry_of(table, number, level) & kFrame;
  }
  return entry_of(table, number, 0) & kFrame;
}

}  // namespace

void add_to_window(uint64_t page) {
  if (window.root == 0) {
    clear_table(page);
    window.root = page;
    return;
  }
  uint64_t table = window.root;
  for (uint32_t level = 2; level != 0; --level) {
    uint64_t& entry = entry_of(table, window.pages, level);
    if (entry == 0) {
      clear_table(page);
      entry = page | kPresent;
      return;
    }
    table = entry & kFrame;
  }
  entry_of(table, window.pages, 0) = page | kPresent;
  ++window.pages;
}

uint64_t window_pages() {
  return window.pages;
}

PhysicalRun physical_run(uint64_t address, uint64_t bytes) {
  if (address - kWindowBase >= window.pages * kPage) {
    return {address, bytes};
  }
  uint64_t number = (address - kWindowBase) / kPage;
  const uint64_t first = page_of(number);
  const uint64_t offset = address % kPage;
  uint64_t length = kPage - offset;
  for (uint64_t next = first + kPage; length < bytes && ++number < window.pages && page_of(number) == next;
       next += kPage) {
    length += kPage;
  }
  return {first + offset, length < bytes ? length : bytes};
}

}  // namespace kjump
