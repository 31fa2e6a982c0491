// SPDX-License-Identifier: MIT
// The identity map of a long-mode payload. It grows by 2 MiB pages as memory is touched: a machine's RAM
// needs more tables than low memory has room for, and what is neither RAM nor a declared device stays a
// fault.
#include <kjump/abi/layout.hpp>
#include <kjump/payload.hpp>

#include "long_mode/window.hpp"

extern "C" {
extern const kjump::abi::MemoryMap kjump_memory_map;  // patched by the loader
void kjump_forget_map();
bool kjump_map_on_demand(uint64_t address);
}

namespace kjump {

namespace {

constexpr uint64_t kTable = 3;      // present, writable
constexpr uint64_t kLeaf2M = 0x83;  // present, writable, page size
constexpr uint64_t kFrame = ~uint64_t{0xFFF};
constexpr uint64_t kLargePage = uint64_t{2} << 20;
constexpr uint32_t kEntries = 512;
constexpr uint64_t kFirstMib = 0x100000;

// PML4, first PDPT and first PD are the stub's (asm/run_long_payload.asm): they map what runs here. The rest
// is the pool. An instruction touches eight pages at most, two tables each.
constexpr uint32_t kOwnTables = 3;
constexpr uint32_t kTables = abi::kLongTablesBytes / abi::kPageBytes;

constexpr uint32_t kMostDevices = 16;

uint32_t used_tables = kOwnTables;
abi::RamRange devices[kMostDevices];
uint32_t device_count = 0;

uint64_t* table(uint32_t index) {
  return static_cast<uint64_t*>(physical(abi::kLongTablesBase + index * abi::kPageBytes));
}

void clear_from(uint64_t* entries, uint32_t first) {
  for (uint32_t i = first; i < kEntries; ++i) {
    entries[i] = 0;
  }
}

void flush_translations() {
  uint64_t root = 0;
  asm volatile("mov %%cr3, %0\n\tmov %0, %%cr3" : "+r"(root) : : "memory");
}

/// Everything but the stub's three entries.
void forget() {
  for (uint32_t i = 0; i < kOwnTables; ++i) {
    clear_from(table(i), 1);
  }
  used_tables = kOwnTables;
  flush_translations();
}

bool touches(const abi::RamRange& range, uint64_t page) {
  return range.start < page + kLargePage && page < range.end;
}

bool below_physical_limit(uint64_t page) {
  uint32_t eax = 0x80000008;  // physical-address bits in AL (SDM volume 2, CPUID)
  uint32_t ebx = 0;
  uint32_t ecx = 0;
  uint32_t edx = 0;
  asm("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  return page >> (eax & 0xFF) == 0;
}

bool is_known(uint64_t page) {
  for (uint32_t i = 0; i < device_count; ++i) {
    if (touches(devices[i], page)) {
      return true;
    }
  }
  if (kjump_memory_map.count == 0) {  // loaded by something that knows no memory map: no limit but this
    return true;
  }
  for (uint32_t i = 0; i < kjump_memory_map.count && i < abi::kRamRanges; ++i) {
    if (touches(kjump_memory_map.ranges[i], page)) {
      return true;
    }
  }
  return page < kFirstMib;
}

/// The table below an entry, a new one if there is none yet; null when the pool is empty.
uint64_t* below(uint64_t& entry) {
  if (entry == 0) {
    if (used_tables == kTables) {
      return nullptr;
    }
    uint64_t* fresh = table(used_tables++);
    clear_from(fresh, 0);
    entry = reinterpret_cast<uintptr_t>(fresh) | kTable;
  }
  return static_cast<uint64_t*>(physical(entry & kFrame));
}

bool map_page(uint64_t page) {
  uint64_t* pdpt = below(table(0)[page >> 39 & (kEntries - 1)]);
  uint64_t* directory = pdpt == nullptr ? nullptr : below(pdpt[page >> 30 & (kEntries - 1)]);
  if (directory == nullptr) {
    return false;
  }
  directory[page >> 21 & (kEntries - 1)] = page | kLeaf2M;
  return true;
}

// The window's tables are the payload's own; what is mapped of them is one entry.
bool map_window(uint64_t address) {
  if (address - kWindowBase >= window.pages * abi::kPageBytes) {
    return false;
  }
  table(0)[kWindowSlot] = window.root | kTable;
  return true;
}

}  // namespace

WindowTables window{};

void close_window() {
  window = {};
  table(0)[kWindowSlot] = 0;
  flush_translations();
}

bool map_device(uint64_t address, uint64_t bytes) {
  for (uint32_t i = 0; i < device_count; ++i) {
    if (address >= devices[i].start && address + bytes <= devices[i].end && address + bytes > address) {
      return true;  // declared before, as by every opening of a disk
    }
  }
  if (device_count == kMostDevices || bytes == 0 || address + bytes < address) {
    return false;
  }
  devices[device_count++] = {address, address + bytes};
  return true;
}

size_t ram_range_count() {
  return kjump_memory_map.count;
}

abi::RamRange ram_range(size_t index) {
  return index < kjump_memory_map.count ? kjump_memory_map.ranges[index] : abi::RamRange{};
}

}  // namespace kjump

/// The stub has made its three tables anew, at the beginning of a jump.
extern "C" void kjump_forget_map() {
  kjump::used_tables = kjump::kOwnTables;
  kjump::window = {};
}

/// Page fault at `address`, which was not mapped. False: it stays a fault. Called on an exception's stack
/// with interrupts off; must touch nothing but what the stub has mapped.
extern "C" bool kjump_map_on_demand(uint64_t address) {
  if (kjump::map_window(address)) {
    return true;
  }
  const uint64_t page = address & ~(kjump::kLargePage - 1);
  if (!kjump::below_physical_limit(page) || !kjump::is_known(page)) {
    return false;
  }
  if (!kjump::map_page(page)) {
    kjump::forget();
    return kjump::map_page(page);
  }
  return true;
}
