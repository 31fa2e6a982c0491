// SPDX-License-Identifier: MIT
// Comparing memory maps, and reading the one that Linux keeps.
#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

namespace kjump::bios {

namespace {

namespace fs = std::filesystem;

/// Types as drivers/firmware/memmap.c prints them (e820_type_to_string in arch/x86/kernel/e820.c).
constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kLinuxTypes{
    {{"System RAM", 1},
     {"Reserved", 2},
     {"ACPI Tables", 3},
     {"ACPI Non-volatile Storage", 4},
     {"Unusable memory", 5},
     {"Persistent Memory", 7}}};

Result<std::string> read_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) {
    return fail_errno("cannot read an entry of the kernel's memory map", path.string());
  }
  return line;
}

Result<std::uint64_t> read_address(const fs::path& path) {
  KJUMP_TRY(const std::string text, read_line(path));
  std::uint64_t value = 0;
  for (const char character : std::string_view(text).substr(text.starts_with("0x") ? 2 : 0)) {
    const std::string_view digits = "0123456789abcdef";
    const std::size_t digit = digits.find(character);
    if (digit == std::string_view::npos || value >> 60 != 0) {
      return fail(ErrorCode::kMalformed, fmt::format("'{}' is not an address", text), path.string());
    }
    value = value << 4 | digit;
  }
  return value;
}

Result<MemoryRange> read_range(const fs::path& directory) {
  KJUMP_TRY(const std::uint64_t start, read_address(directory / "start"));
  KJUMP_TRY(const std::uint64_t last, read_address(directory / "end"));
  KJUMP_TRY(const std::string type, read_line(directory / "type"));
  if (last < start || last - start == std::numeric_limits<std::uint64_t>::max()) {
    return fail(ErrorCode::kMalformed, "an entry of the kernel's memory map makes no sense",
                directory.string());
  }
  const auto* known = std::find_if(kLinuxTypes.begin(), kLinuxTypes.end(),
                                   [&type](const auto& entry) { return entry.first == type; });
  MemoryRange range;
  range.base = start;
  range.bytes = last - start + 1;
  range.type = known == kLinuxTypes.end() ? 0 : known->second;
  return range;
}

/// Sorted, without empty ranges, neighbours of one type joined.
std::vector<MemoryRange> normalised(std::vector<MemoryRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const MemoryRange& left, const MemoryRange& right) {
    return std::pair(left.base, left.bytes) < std::pair(right.base, right.bytes);
  });
  std::vector<MemoryRange> joined;
  for (const MemoryRange& range : ranges) {
    if (range.bytes == 0) {
      continue;
    }
    if (!joined.empty() && joined.back().type == range.type &&
        joined.back().base + joined.back().bytes == range.base) {
      joined.back().bytes += range.bytes;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

void report_missing(const std::vector<MemoryRange>& from, const std::vector<MemoryRange>& in,
                    const char* side, std::vector<std::string>& out) {
  for (const MemoryRange& range : from) {
    const bool found = std::any_of(in.begin(), in.end(), [&range](const MemoryRange& other) {
      return other.base == range.base && other.bytes == range.bytes && other.type == range.type;
    });
    if (!found) {
      out.push_back(fmt::format("only in the {} map: {:#x}-{:#x} {}", side, range.base,
                                range.base + (range.bytes - 1), memory_type_name(range.type)));
    }
  }
}

}  // namespace

std::string memory_type_name(std::uint32_t type) {
  switch (type) {
    case 1:
      return "usable";
    case 2:
      return "reserved";
    case 3:
      return "ACPI tables";
    case 4:
      return "ACPI NVS";
    case 5:
      return "unusable";
    case 7:
      return "persistent";
    default:
      return fmt::format("type {}", type);
  }
}

Result<std::vector<MemoryRange>> firmware_memory_map(const fs::path& directory) {
  std::vector<MemoryRange> ranges;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    KJUMP_TRY(const MemoryRange range, read_range(entry->path()));
    ranges.push_back(range);
  }
  if (error) {
    return fail(ErrorCode::kSystem, "cannot list the kernel's memory map", directory.string(),
                "it needs CONFIG_FIRMWARE_MEMMAP", error.value());
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const MemoryRange& left, const MemoryRange& right) { return left.base < right.base; });
  return ranges;
}

std::vector<std::string> compare_memory_maps(std::vector<MemoryRange> left, std::vector<MemoryRange> right) {
  left = normalised(std::move(left));
  right = normalised(std::move(right));
  std::vector<std::string> differences;
  report_missing(left, right, "first", differences);
  report_missing(right, left, "second", differences);
  return differences;
}

}  // namespace kjump::bios
