// SPDX-License-Identifier: MIT
#include "kernel/low_area.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "host/firmware.hpp"

namespace kjump::two_kernels {

namespace format = abi::two_kernels;

Result<LowArea> LowArea::open(const System& system) {
  if (const auto facts = read_page_zero(system);
      facts && facts->ivt_problem.empty() && facts->base_memory_end < abi::kCrashRecordNeedsEnd) {
    return fail(ErrorCode::kUnsupported, "too little conventional memory for a second kernel",
                fmt::format("firmware's data begin at {:#x}", facts->base_memory_end),
                fmt::format("two kernels and firmware share the first MiB; it takes {:#x}",
                            abi::kCrashRecordNeedsEnd));
  }
  KJUMP_TRY(PhysicalMapping mapping,
            PhysicalMapping::map(system, format::kAreaBase, format::kAreaEnd - format::kAreaBase,
                                 PhysicalMapping::Access::kReadWrite));
  return LowArea(std::move(mapping));
}

format::HandOff LowArea::page() const {
  format::HandOff page{};
  std::memcpy(&page, mapping_.bytes().data(), sizeof page);
  return page;
}

void LowArea::set_page(const format::HandOff& page) {
  std::memcpy(mapping_.bytes().data(), &page, sizeof page);
}

void LowArea::write(std::uint32_t address, std::span<const std::byte> bytes) {
  assert(address >= format::kAreaBase && address + bytes.size() <= format::kAreaEnd);
  std::copy(bytes.begin(), bytes.end(), mapping_.bytes().begin() + (address - format::kAreaBase));
}

bool is_hand_off(const format::HandOff& page) {
  return page.magic == format::kMagic && page.version == format::kVersion && page.bytes == sizeof page &&
         page.id != 0;
}

std::string text_of_field(std::span<const char> field) {
  return {field.begin(), std::find(field.begin(), field.end(), '\0')};
}

Result<format::HandOff> page_in_second(const System& system) {
  static constexpr const char* kHint = "only a kernel that kjump kernel run has started can go back";
  if (system.read_line("/proc/cmdline").find(kBackEntryOption) == std::string::npos) {
    return fail(ErrorCode::kInvalid, "this kernel was not started by another one", "/proc/cmdline", kHint);
  }
  KJUMP_TRY(const LowArea area, LowArea::open(system));
  const format::HandOff page = area.page();
  if (!is_hand_off(page) ||
      page.kernels[0].presence != static_cast<std::uint32_t>(format::Presence::kWaits)) {
    return fail(ErrorCode::kInvalid, "nothing is known of a kernel that waits",
                fmt::format("hand-off page at {:#x}", format::kHandOffBase), kHint);
  }
  return page;
}

}  // namespace kjump::two_kernels
