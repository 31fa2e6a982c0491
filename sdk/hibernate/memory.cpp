// SPDX-License-Identifier: MIT
#include "hibernate/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>

#include "host/memory_map.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::FirmwareRange;
using abi::hibernate::kMostRanges;
using abi::hibernate::RangeKind;
using PageRange = abi::hibernate::MemoryRange;

constexpr const char* kIomem = "/proc/iomem";
constexpr const char* kMap = "/sys/firmware/memmap";
constexpr std::uint32_t kReservedType = 2;
constexpr std::uint32_t kNvsType = 4;

// arch/x86/kernel/e820.c: e820_type_to_string(); numbers as in asm/e820/types.h.
constexpr std::array<std::pair<std::string_view, std::uint32_t>, 8> kTypes{{
    {"System RAM", 1},
    {"Reserved", kReservedType},
    {"ACPI Tables", 3},
    {"ACPI Non-volatile Storage", kNvsType},
    {"Unusable memory", 5},
    {"Persistent Memory", 7},
    {"Persistent Memory (legacy)", 12},
    {"Soft Reserved", 0xEFFF'FFFF},
}};

Failure too_many(const char* where, std::size_t count) {
  return fail(ErrorCode::kLimit,
              fmt::format("memory is in {} pieces, and we keep account of {}", count, kMostRanges), where,
              "look for a newer kjump");
}

// Rounded inwards: what shares a page with something else is not all ours.
void add_pages(std::uint64_t start, std::uint64_t end, RangeKind kind, std::vector<PageRange>& to) {
  const std::uint64_t first = (start + abi::kPageBytes - 1) / abi::kPageBytes * abi::kPageBytes;
  const std::uint64_t last = end / abi::kPageBytes * abi::kPageBytes;
  if (first < last && first >= start) {
    to.push_back({first, last, static_cast<std::uint32_t>(kind), 0});
  }
}

template <typename Range, typename SameKind>
std::vector<Range> sorted_and_joined(std::vector<Range> ranges, SameKind same_kind) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.start < b.start; });
  std::vector<Range> joined;
  for (const Range& range : ranges) {
    if (!joined.empty() && joined.back().end == range.start && same_kind(joined.back(), range)) {
      joined.back().end = range.end;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

// Memory that a driver lent to the kernel (dax/kmem, virtio-mem, Xen's balloon) is no range of its own:
// "System RAM (kmem)" under "Persistent Memory". It would not be in the image, and is not there when firmware
// starts.
Result<void> check_no_driver_memory(const System& system) {
  std::istringstream lines(system.read_line(kIomem));
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find(": System RAM ("); at != std::string::npos) {
      return fail(ErrorCode::kUnsupported,
                  "the kernel uses memory that a driver has added: " + line.substr(at + 2), kIomem,
                  "take it offline (daxctl offline-memory, or unplug it) before hibernating");
    }
  }
  return {};
}

Result<void> check_no_overlap(const std::vector<PageRange>& ranges) {
  const auto overlap = std::adjacent_find(
      ranges.begin(), ranges.end(), [](const PageRange& a, const PageRange& b) { return a.end > b.start; });
  if (overlap != ranges.end()) {
    return fail(ErrorCode::kMalformed, fmt::format("two ranges overlap at {:#x}", std::next(overlap)->start),
                kIomem);
  }
  return {};
}

}  // namespace

std::uint32_t firmware_type(const std::string& name) {
  const auto* const known =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& type) { return type.first == name; });
  return known != kTypes.end() ? known->second : kReservedType;
}

Result<std::vector<FirmwareRange>> read_firmware_map(const System& system) {
  std::vector<FirmwareRange> map;
  const MemoryMap firmware = MemoryMap::firmware(system);
  for (const kjump::MemoryRange& range : firmware.ranges()) {
    map.push_back({range.start, range.end, firmware_type(range.type), 0});
  }
  map = sorted_and_joined(std::move(map),
                          [](const FirmwareRange& a, const FirmwareRange& b) { return a.type == b.type; });
  if (map.empty()) {
    return fail(ErrorCode::kUnsupported, "what firmware said about memory is not known", kMap,
                "the kernel needs CONFIG_FIRMWARE_MEMMAP");
  }
  if (map.size() > kMostRanges) {
    return too_many(kMap, map.size());
  }
  return map;
}

Result<MemoryKnowledge> read_memory(const System& system) {
  KJUMP_CHECK(check_no_driver_memory(system));
  MemoryKnowledge known;
  KJUMP_TRY(known.map, read_firmware_map(system));
  const MemoryMap kernel = MemoryMap::kernel(system);
  for (const kjump::MemoryRange& range : kernel.ranges()) {
    if (range.is_ram()) {
      add_pages(range.start, range.end, RangeKind::kRam, known.ranges);
    }
  }
  if (known.ranges.empty()) {
    return fail(ErrorCode::kForbidden, "the kernel does not say where its memory is", kIomem, "run as root");
  }
  for (const FirmwareRange& range : known.map) {
    if (range.type == kNvsType) {
      add_pages(range.start, range.end, RangeKind::kAcpiNvs, known.ranges);
    }
  }
  known.ranges = sorted_and_joined(std::move(known.ranges),
                                   [](const PageRange& a, const PageRange& b) { return a.kind == b.kind; });
  KJUMP_CHECK(check_no_overlap(known.ranges));
  if (known.ranges.size() > kMostRanges) {
    return too_many(kIomem, known.ranges.size());
  }
  for (const PageRange& range : known.ranges) {
    known.pages += (range.end - range.start) / abi::kPageBytes;
  }
  return known;
}

}  // namespace kjump::hibernate
