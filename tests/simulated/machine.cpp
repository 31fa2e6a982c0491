// SPDX-License-Identifier: MIT
#include "simulated/machine.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "hibernate/hash.hpp"

extern "C" std::uint32_t save_main();
extern "C" std::uint32_t restore_main();

namespace kjump::simulated {
namespace {

constexpr std::uint64_t kPage = abi::kPageBytes;
constexpr std::uint64_t kLargePage = std::uint64_t{2} << 20;

// Places that neither the host's loader nor a sanitizer's shadow uses.
constexpr std::uint64_t kRam = 0x5000'0000'0000;
constexpr std::uint64_t kRamBytes = 7 * kLargePage;
constexpr std::uint64_t kGap = kRam + kRamBytes + 16 * kLargePage;  // a second range, behind a hole
constexpr std::uint64_t kGapBytes = 37 * kPage;
constexpr std::uint64_t kWorkspace = kRam + 2 * kLargePage;  // in the midst of what is saved
constexpr std::uint64_t kWorkspacePages = 4;
constexpr std::uint64_t kTables = 0x5100'0000'0000;
constexpr std::uint64_t kStructs = 0x5200'0000'0000;
constexpr std::uint64_t kVmemmap = 0xFFFF'EA00'0000'0000;
constexpr std::uint32_t kStructBytes = 64;
constexpr std::uint32_t kTypeOffset = 48;
constexpr std::uint32_t kOrderOffset = 40;
constexpr std::uint32_t kBuddy = 0xF0000000;
constexpr std::uint32_t kOfflineType = 0xF1000000;
constexpr std::uint64_t kPages = (kRamBytes + kGapBytes) / kPage;

Machine* the_machine = nullptr;

void map(std::uint64_t address, std::uint64_t bytes) {
  void* wanted = reinterpret_cast<void*>(address);
  if (::mmap(wanted, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
             -1, 0) != wanted) {
    throw std::runtime_error("cannot map simulated memory");
  }
}

std::uint64_t address_of(std::uint64_t index) {
  constexpr std::uint64_t kFirst = kRamBytes / kPage;
  return index < kFirst ? kRam + index * kPage : kGap + (index - kFirst) * kPage;
}

std::uint8_t* page_at(std::uint64_t index) {
  return reinterpret_cast<std::uint8_t*>(address_of(index));
}

bool is_workspace(std::uint64_t address) {
  return address >= kWorkspace && address < kWorkspace + kWorkspacePages * kLargePage;
}

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
  const std::uint64_t base = kStructs + (address - kRam) / kPage * kStructBytes;
  std::memcpy(reinterpret_cast<void*>(base + kTypeOffset), &type, sizeof type);
  std::memcpy(reinterpret_cast<void*>(base + kOrderOffset), &order, sizeof order);
}

template <typename Record>
void seal(Record& record) {
  record.hash = hibernate::own_hash(record);
}

}  // namespace

Machine& machine() {
  return *the_machine;
}

Machine::Machine(std::uint64_t seed, std::uint64_t store_blocks)
    : save_request{},
      restore_request{},
      disk(2048 + store_blocks * 8 + 4096),
      chance(seed),
      kinds_(kPages, Content::kText) {
  the_machine = this;
  map(kRam, kRamBytes);
  map(kGap, kGapBytes);
  map(abi::kExchangeBase, abi::kExchangeBytes);
  entry.door = static_cast<std::uint8_t>(abi::Door::kKexec);
  entry.efer = 1U << 10;
  make_kernel();
  make_store(store_blocks);
  give_workspace();
  work();
}

Machine::~Machine() {
  ::munmap(reinterpret_cast<void*>(kRam), kRamBytes);
  ::munmap(reinterpret_cast<void*>(kGap), kGapBytes);
  ::munmap(reinterpret_cast<void*>(kTables), 64 * kPage);
  the_machine = nullptr;
}

// Which pages are what, and page structures that say so.
void Machine::make_kernel() {
  constexpr std::uint64_t kStructsBytes = (kGap + kGapBytes - kRam) / kPage * kStructBytes;
  map(kTables, 64 * kPage);
  map(kStructs, kStructsBytes + kLargePage);
  Tables tables;
  const std::uint64_t first = kVmemmap + kRam / kPage * kStructBytes;
  for (std::uint64_t at = 0; at <= kStructsBytes; at += kLargePage) {
    tables.map_large(first + at, kStructs + at);
  }
  // One zone's struct free_area lie behind the page structures.
  constexpr std::uint32_t kListsBytes = 6 * 16;
  constexpr std::uint32_t kAreaBytes = kListsBytes + sizeof(std::uint64_t);
  free_count = reinterpret_cast<std::uint64_t*>(kStructs + kStructsBytes + 3 * kAreaBytes + kListsBytes);
  for (std::uint64_t i = 0; i < kPages; ++i) {
    const std::uint64_t address = address_of(i);
    if (is_workspace(address)) {
      continue;
    }
    const std::uint64_t dice = chance() % 16;
    if (dice == 0 && i % 8 == 0 && i + 8 <= kRamBytes / kPage && !is_workspace(address + 8 * kPage)) {
      set_type(address, kBuddy, 3);
      ++*free_count;
      for (int k = 0; k < 8; ++k) {
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
  save_request.facts = {.page_table = kTables,
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
                        .free_areas = {first + kStructsBytes}};
}

void Machine::make_store(std::uint64_t blocks) {
  format::StoreHeader header{};
  header.magic = format::kStoreMagic;
  header.version = format::kFormatVersion;
  header.header_bytes = sizeof header;
  header.uuid.bytes[0] = 7;
  header.blocks = blocks;
  header.disk_sectors = disk.bytes().size() / 512;
  header.header_sector = sector_of_block(0);
  // Two pieces, the second one further back.
  const std::uint64_t cut = format::kDataBlock + 700;
  const format::Extent extents[] = {{0, cut, sector_of_block(0)},
                                    {cut, blocks - cut, sector_of_block(cut) + 2048}};
  header.extents = 2;
  header.extents_hash = hibernate::hash_of(extents, sizeof extents);
  seal(header);
  std::uint8_t* at = disk.bytes().data() + sector_of_block(0) * 512;
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + format::kBlockBytes, extents, sizeof extents);
  for (std::size_t i = 0; i < sizeof save_request.canary; ++i) {
    save_request.canary[i] = at[format::kCanaryBlock * format::kBlockBytes + i] =
        static_cast<std::uint8_t>(chance());
  }
  disk.make_safe();
  save_request.magic = format::kSaveMagic;
  save_request.version = format::kFormatVersion;
  save_request.disk = {static_cast<std::uint16_t>(format::DiskDriver::kVirtio), 0, 4, 0, disk::kAnyUnit, 0};
  save_request.store = header.uuid;
  save_request.header_sector = header.header_sector;
  save_request.acpi.has_s5 = 1;
  save_request.range_count = 2;
  save_request.ranges[0] = {kRam, kRam + kRamBytes, static_cast<std::uint32_t>(format::RangeKind::kRam), 0};
  save_request.ranges[1] = {kGap, kGap + kGapBytes, static_cast<std::uint32_t>(format::RangeKind::kRam), 0};
  save_request.map_count = 1;
  save_request.map[0] = {kRam, kGap + kGapBytes, 1, 0};
  save_request.fingerprint_count = 1;
  save_request.fingerprints[0] = {save_request.disk.driver, 0, 4, 0, disk::kAnyUnit, 0, 64, 16, 0, 0,
                                  "/dev/sim1 on /"};
  restore_request.magic = format::kRestoreMagic;
  restore_request.version = format::kFormatVersion;
  restore_request.flags = format::kRestoreHasMap;
  restore_request.header_sector = header.header_sector;
  restore_request.map_count = save_request.map_count;
  std::memcpy(restore_request.map, save_request.map, sizeof restore_request.map);
}

void Machine::give_workspace() {
  auto& header = *reinterpret_cast<abi::ExchangeHeader*>(abi::kExchangeBase);
  header.bulk_reply = {kWorkspace, kWorkspacePages * kLargePage};
}

void Machine::work() {
  for (std::uint64_t i = 0; i < kPages; ++i) {
    auto* words = reinterpret_cast<std::uint64_t*>(page_at(i));
    if (kinds_[i] == Content::kOffline || is_workspace(address_of(i))) {
      continue;
    }
    for (std::size_t k = 0; k < kPage / 8; ++k) {
      words[k] = kinds_[i] == Content::kZero ? 0 : kinds_[i] == Content::kText && k % 4 != 0 ? i : chance();
    }
  }
}

void Machine::forget() {
  for (std::uint64_t i = 0; i < kPages; ++i) {
    if (kinds_[i] != Content::kOffline) {
      std::memset(page_at(i), 0xCC, kPage);
    }
  }
  std::memset(reinterpret_cast<void*>(abi::kExchangeBase), 0, abi::kExchangeBytes);
  became_ = false;
}

Machine::Memory Machine::memory() const {
  Memory memory(kPages);
  for (std::uint64_t i = 0; i < kPages; ++i) {
    const bool counts = kinds_[i] != Content::kOffline && kinds_[i] != Content::kFree;
    if (counts && !is_workspace(address_of(i))) {
      memory[i].assign(page_at(i), page_at(i) + kPage);
    }
  }
  return memory;
}

bool Machine::holds(const Memory& memory) const {
  for (std::uint64_t i = 0; i < kPages; ++i) {
    if (!memory[i].empty() && std::memcmp(memory[i].data(), page_at(i), kPage) != 0) {
      return false;
    }
  }
  return true;
}

void Machine::fill_free_pages(std::uint8_t value) {
  for (std::uint64_t i = 0; i < kPages; ++i) {
    if (kinds_[i] == Content::kFree) {
      std::memset(page_at(i), value, kPage);
    }
  }
}

bool Machine::free_pages_hold(std::uint8_t value) const {
  for (std::uint64_t i = 0; i < kPages; ++i) {
    const std::uint8_t* page = page_at(i);
    if (kinds_[i] == Content::kFree &&
        !std::all_of(page, page + kPage, [value](std::uint8_t byte) { return byte == value; })) {
      return false;
    }
  }
  return true;
}

namespace {

template <typename Reply, typename Request>
Reply run(Machine& machine, const Request& request, std::uint32_t (*payload)()) {
  machine.request.assign(reinterpret_cast<const std::uint8_t*>(&request),
                         reinterpret_cast<const std::uint8_t*>(&request) + sizeof request);
  machine.reply.clear();
  machine.console.clear();
  payload();
  Reply reply{};
  if (machine.reply.size() == sizeof reply) {
    std::memcpy(&reply, machine.reply.data(), sizeof reply);
  }
  return reply;
}

}  // namespace

format::SaveReply Machine::save() {
  give_workspace();
  return run<format::SaveReply>(*this, save_request, save_main);
}

format::RestoreReply Machine::restore() {
  return run<format::RestoreReply>(*this, restore_request, restore_main);
}

}  // namespace kjump::simulated
