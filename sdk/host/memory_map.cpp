// SPDX-License-Identifier: MIT
#include "host/memory_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

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

// One directory per range, with the files start, end (inclusive) and type.
std::vector<MemoryRange> from_firmware(const System& system) {
  static constexpr const char* kDirectory = "/sys/firmware/memmap";
  std::vector<MemoryRange> ranges;
  for (const std::string& name : system.list_directory(kDirectory)) {
    const std::string entry = fmt::format("{}/{}", kDirectory, name);
    const auto start = parse_hex(system.read_line(entry + "/start"));
    const auto last = parse_hex(system.read_line(entry + "/end"));
    if (start && last && *last >= *start) {
      ranges.push_back({*start, *last + 1, system.read_line(entry + "/type")});
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

}  // namespace

Result<MemoryMap> MemoryMap::read(const System& system) {
  std::vector<MemoryRange> ranges = from_firmware(system);
  if (ranges.empty()) {
    ranges = from_iomem(system);
  }
  if (ranges.empty()) {
    return fail(ErrorCode::kUnsupported, "cannot find out what is System RAM",
                "/sys/firmware/memmap and /proc/iomem", "run as root with /sys and /proc mounted");
  }
  return MemoryMap(std::move(ranges));
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

Result<std::uint64_t> total_memory_bytes(const System& system) {
  static constexpr std::string_view kKey = "MemTotal:";
  KJUMP_TRY(const std::string content, system.read_file("/proc/meminfo"));
  if (const auto at = content.find(kKey); at != std::string::npos) {
    std::istringstream text(content.substr(at + kKey.size()));
    if (std::uint64_t kib = 0; text >> kib) {
      return kib * 1024;
    }
  }
  return fail(ErrorCode::kMalformed, "cannot find MemTotal", "/proc/meminfo");
}

}  // namespace kjump
