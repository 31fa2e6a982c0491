// SPDX-License-Identifier: MIT
#include "kernel/machine_facts.hpp"

#include <cpuid.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <span>
#include <sstream>

#include "hibernate/free_fill.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/memory.hpp"
#include "kernel/dump.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;
using format::MachineFacts;
using format::MachineRange;

constexpr std::uint64_t kRamType = 1;  // ACPI 6.5, table 15.4

struct CpuLeaf {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuLeaf cpu_leaf(std::uint32_t number, std::uint32_t part = 0) {
  CpuLeaf leaf;
  __get_cpuid_count(number, part, &leaf.eax, &leaf.ebx, &leaf.ecx, &leaf.edx);  // zeros where there is none
  return leaf;
}

// Bits that say how the running kernel has set up the processor are left out (as runtime/hibernate does).
void describe_processor_of(MachineFacts& facts) {
  constexpr std::uint32_t kOsXsave = 1U << 27;
  constexpr std::uint32_t kOsPke = 1U << 4;
  const CpuLeaf vendor = cpu_leaf(0);
  facts.cpu_vendor[0] = vendor.ebx;
  facts.cpu_vendor[1] = vendor.edx;
  facts.cpu_vendor[2] = vendor.ecx;
  const CpuLeaf basic = cpu_leaf(1);
  const CpuLeaf more = cpu_leaf(7);
  const CpuLeaf extended = cpu_leaf(0x80000001);
  facts.cpu_signature = basic.eax;
  const std::array<std::uint32_t, 8> features{
      basic.ecx & ~kOsXsave, basic.edx,           more.ebx, more.ecx & ~kOsPke, more.edx, extended.ecx,
      extended.edx,          cpu_leaf(0xD, 1).eax};
  std::copy(features.begin(), features.end(), std::begin(facts.cpu_features));
}

/// "0-3,5" are five.
std::uint32_t count_in(const std::string& list) {
  std::uint32_t count = 0;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) {
    std::istringstream numbers(part);
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    char dash = 0;
    if (numbers >> first) {
      count += numbers >> dash >> last && dash == '-' && last >= first ? last - first + 1 : 1;
    }
  }
  return count;
}

std::string range_text(const MachineRange& range) {
  return fmt::format("{:#x}-{:#x} of type {}", range.start, range.end, range.type);
}

bool same(const MachineRange& a, const MachineRange& b) {
  return a.start == b.start && a.end == b.end && a.type == b.type;
}

std::span<const MachineRange> ranges_of(const MachineFacts& facts) {
  return std::span(facts.map).first(std::min<std::size_t>(facts.ranges, std::size(facts.map)));
}

std::string map_difference(const MachineFacts& saved, const MachineFacts& here) {
  for (const MachineRange& range : ranges_of(saved)) {
    const auto there = ranges_of(here);
    if (std::none_of(there.begin(), there.end(),
                     [&](const MachineRange& other) { return same(range, other); })) {
      return fmt::format("the firmware's memory map has no {}", range_text(range));
    }
  }
  return fmt::format("the firmware's memory map has {} ranges, it had {}", here.ranges, saved.ranges);
}

std::string vendor_of(const MachineFacts& facts) {
  std::string text(sizeof facts.cpu_vendor, '\0');
  std::memcpy(text.data(), facts.cpu_vendor, text.size());
  return text;
}

void compare_processors(const MachineFacts& saved, const MachineFacts& here,
                        std::vector<std::string>& found) {
  static constexpr std::array<const char*, 8> kWords{"1:ECX", "1:EDX",        "7:EBX",        "7:ECX",
                                                     "7:EDX", "80000001:ECX", "80000001:EDX", "D.1:EAX"};
  constexpr std::size_t kLevelsWord = 3;
  constexpr std::uint32_t kFiveLevels = 1U << 16;
  if (vendor_of(saved) != vendor_of(here) || saved.cpu_signature != here.cpu_signature) {
    found.push_back(fmt::format("the processor is a {} {:#x}, it was a {} {:#x}", vendor_of(here),
                                here.cpu_signature, vendor_of(saved), saved.cpu_signature));
  }
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    const std::uint32_t missing = saved.cpu_features[i] & ~here.cpu_features[i];
    if (missing != 0) {
      found.push_back(fmt::format(
          "the processor lacks features that it had: {:#x} of CPUID.{}{}", missing, kWords.at(i),
          i == kLevelsWord && (missing & kFiveLevels) != 0 ? " (five levels of page tables among them)"
                                                           : ""));
    }
  }
}

}  // namespace

MachineFacts read_machine_facts(const System& system) {
  MachineFacts facts{};
  describe_processor_of(facts);
  facts.processors = count_in(system.read_line("/sys/devices/system/cpu/online"));
  facts.free_fill = static_cast<std::uint32_t>(hibernate::find_free_fill(system).fill);
  const auto map = hibernate::read_firmware_map(system);
  if (!map) {
    return facts;
  }
  std::vector<MachineRange> ranges;
  for (const auto& range : *map) {
    ranges.push_back({range.start, range.end, range.type});
  }
  facts.ranges = static_cast<std::uint32_t>(ranges.size());
  facts.map_hash = hibernate::hash_bytes(std::as_bytes(std::span(ranges)));
  std::copy_n(ranges.begin(), std::min(ranges.size(), std::size(facts.map)), std::begin(facts.map));
  return facts;
}

std::vector<std::string> differences(const MachineFacts& saved, const MachineFacts& here) {
  std::vector<std::string> found;
  if (saved.ranges != 0 && here.ranges != 0 && saved.map_hash != here.map_hash) {
    found.push_back(map_difference(saved, here));
  }
  compare_processors(saved, here, found);
  return found;
}

std::vector<MemoryPiece> ram_of(const MachineFacts& facts) {
  std::vector<MemoryPiece> pieces;
  for (const MachineRange& range : ranges_of(facts)) {
    if (range.type == kRamType && range.start < range.end) {
      pieces.push_back({range.start, range.end - range.start});
    }
  }
  return united(std::move(pieces));
}

}  // namespace kjump::two_kernels
