// SPDX-License-Identifier: MIT
#include "host/memory_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

#include <kjump/abi/layout.hpp>

namespace kjump {
namespace {

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// One of the small files of a range, empty when there is none.
std::string range_fact(const System& system, int number, const char* name) {
  std::string text = system.read_fact(fmt::format("/sys/firmware/memmap/{}/{}", number, name)).value_or("");
  return text.substr(0, text.find('\n'));
}

bool image_fits(const std::vector<MemoryRange>& ranges) {
  return !MemoryMap(ranges).first_hole(abi::kImageLowest, abi::kImageEnd);
}

using Enough = bool (*)(const std::vector<MemoryRange>& ranges);

// Directories 0, 1, ... with the files start, end (inclusive) and type. Each file costs three system calls:
// no more are read when those so far are enough.
std::vector<MemoryRange> from_firmware(const System& system, Enough enough) {
  std::vector<MemoryRange> ranges;
  for (int number = 0; !enough(ranges); ++number) {
    const std::string first = range_fact(system, number, "start");
    if (first.empty()) {  // there are no more
      break;
    }
    const auto start = parse_hex(first);
    const auto last = parse_hex(range_fact(system, number, "end"));
    if (start && last && *last >= *start) {
      ranges.push_back({*start, *last + 1, range_fact(system, number, "type")});
    }
  }
  return ranges;
}

// "00001000-0009fbff : System RAM"; indented lines lie within the range above them.
std::vector<MemoryRange> from_iomem(const System& system) {
  std::vector<MemoryRange> ranges;
  std::istringstream lines(system.read_line("/proc/iomem"));
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find('-');
    const auto colon = line.find(" : ");
    if (line.starts_with(' ') || dash == std::string::npos || colon == std::string::npos || colon < dash) {
      continue;
    }
    const auto start = parse_hex(line.substr(0, dash));
    const auto last = parse_hex(line.substr(dash + 1, colon - dash - 1));
    if (start && last && *last > *start) {  // without privileges every line reads 0-0
      ranges.push_back({*start, *last + 1, line.substr(colon + 3)});
    }
  }
  return ranges;
}

Result<MemoryMap> read_until(const System& system, Enough enough) {
  std::vector<MemoryRange> ranges = from_firmware(system, enough);
  if (ranges.empty()) {
    ranges = from_iomem(system);
  }
  if (ranges.empty()) {
    return fail(ErrorCode::kUnsupported, "cannot find out what is System RAM",
                "/sys/firmware/memmap and /proc/iomem", "run as root with /sys and /proc mounted");
  }
  return MemoryMap(std::move(ranges));
}

bool never_enough(const std::vector<MemoryRange>& /*ranges*/) {
  return false;
}

}  // namespace

Result<MemoryMap> MemoryMap::read(const System& system) {
  return read_until(system, never_enough);
}

Result<MemoryMap> MemoryMap::read_low(const System& system) {
  return read_until(system, image_fits);
}

MemoryMap MemoryMap::firmware(const System& system) {
  return MemoryMap(from_firmware(system, never_enough));
}

MemoryMap MemoryMap::kernel(const System& system) {
  return MemoryMap(from_iomem(system));
}

std::vector<abi::RamRange> MemoryMap::ram() const {
  std::vector<abi::RamRange> parts;
  for (const MemoryRange& range : ranges_) {
    if (range.is_ram() || range.type.starts_with("ACPI ")) {
      parts.push_back({range.start, range.end});
    }
  }
  std::sort(parts.begin(), parts.end(),
            [](const abi::RamRange& a, const abi::RamRange& b) { return a.start < b.start; });
  std::vector<abi::RamRange> joined;
  for (const abi::RamRange& part : parts) {
    if (!joined.empty() && part.start <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, part.end);
    } else {
      joined.push_back(part);
    }
  }
  return joined;
}

std::optional<std::uint64_t> MemoryMap::first_hole(std::uint64_t start, std::uint64_t end) const {
  // Ranges need not be sorted, and RAM may be split into several: go on from where one ends.
  std::uint64_t covered = start;
  while (covered < end) {
    const auto next = std::find_if(ranges_.begin(), ranges_.end(), [&](const MemoryRange& range) {
      return range.is_ram() && range.start <= covered && covered < range.end;
    });
    if (next == ranges_.end()) {
      return covered;
    }
    covered = next->end;
  }
  return std::nullopt;
}

std::string MemoryMap::type_at(std::uint64_t address) const {
  for (const MemoryRange& range : ranges_) {
    if (range.start <= address && address < range.end) {
      return range.type;
    }
  }
  return "not listed";
}

}  // namespace kjump
