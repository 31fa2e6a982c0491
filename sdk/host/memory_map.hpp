// SPDX-License-Identifier: MIT
/// What the firmware says about the physical memory where an image can lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/abi/image.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

struct MemoryRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  ///< first byte after it
  std::string type;       ///< "System RAM", "Reserved", ...

  [[nodiscard]] bool is_ram() const { return type == "System RAM"; }
};

class MemoryMap {
 public:
  /// From /sys/firmware/memmap (as firmware told it), else from /proc/iomem (as the kernel trimmed it).
  [[nodiscard]] static Result<MemoryMap> read(const System& system);
  /// No more of it than it takes to say whether an image fits: a big machine has dozens of ranges.
  [[nodiscard]] static Result<MemoryMap> read_low(const System& system);
  /// One of the two alone: what firmware told, what the kernel made of it. Empty where it cannot be read.
  [[nodiscard]] static MemoryMap firmware(const System& system);
  [[nodiscard]] static MemoryMap kernel(const System& system);
  explicit MemoryMap(std::vector<MemoryRange> ranges) : ranges_(std::move(ranges)) {}

  [[nodiscard]] const std::vector<MemoryRange>& ranges() const { return ranges_; }
  /// The first address in [start, end) that is not System RAM; empty when all of it is.
  [[nodiscard]] std::optional<std::uint64_t> first_hole(std::uint64_t start, std::uint64_t end) const;
  /// System RAM and what ACPI keeps in RAM, in order of address, neighbours joined.
  [[nodiscard]] std::vector<abi::RamRange> ram() const;
  /// What an address is: the type of its range, or "not listed".
  [[nodiscard]] std::string type_at(std::uint64_t address) const;

 private:
  std::vector<MemoryRange> ranges_;
};

}  // namespace kjump
