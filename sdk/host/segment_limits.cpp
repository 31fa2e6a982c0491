// SPDX-License-Identifier: MIT
#include "host/segment_limits.hpp"

#include <fmt/format.h>
#include <linux/kexec.h>

#include <kjump/abi/layout.hpp>

#include "host/firmware.hpp"

namespace kjump {
namespace {

Result<void> check_address(const SegmentLimits& limits, const Segment& segment) {
  const std::string subject =
      fmt::format("segment at {:#x}, {:#x} bytes", segment.address, segment.memory_bytes);
  const std::uint64_t end = std::uint64_t{segment.address} + segment.memory_bytes;
  if (segment.address % abi::kPageBytes != 0 || segment.memory_bytes % abi::kPageBytes != 0) {
    return fail(ErrorCode::kLimit, "segment is not made of whole pages", subject);
  }
  if (segment.content.size() > segment.memory_bytes) {
    return fail(ErrorCode::kLimit, fmt::format("segment has {:#x} bytes of content", segment.content.size()),
                subject);
  }
  if (segment.address < abi::kImageLowest) {
    return fail(ErrorCode::kLimit, fmt::format("segment begins below {:#x}", abi::kImageLowest), subject,
                "what is down there belongs to the BIOS and to boot loaders; link the image anew");
  }
  if (end > limits.base_memory_end) {
    return fail(
        ErrorCode::kLimit,
        fmt::format("segment reaches into the firmware's data area (EBDA) at {:#x}", limits.base_memory_end),
        subject, "this machine leaves less conventional memory than the image needs");
  }
  if (end > abi::kImageEnd) {
    return fail(ErrorCode::kLimit, fmt::format("segment ends above {:#x}", abi::kImageEnd), subject,
                "what is up there belongs to firmware; link the image anew");
  }
  const std::uint64_t exchange_end = std::uint64_t{abi::kExchangeBase} + abi::kExchangeBytes;
  if (segment.address < exchange_end && end > abi::kExchangeBase) {
    return fail(ErrorCode::kLimit, fmt::format("segment covers the exchange at {:#x}", abi::kExchangeBase),
                subject, "the kernel swaps segments away, the exchange has to stay; link the image anew");
  }
  if (const auto hole = limits.memory.first_hole(segment.address, end)) {
    return fail(ErrorCode::kLimit,
                fmt::format("{:#x} is not System RAM but '{}'", *hole, limits.memory.type_at(*hole)), subject,
                "this machine's firmware uses memory that the image needs");
  }
  return {};
}

}  // namespace

Result<SegmentLimits> SegmentLimits::read(const System& system) {
  KJUMP_TRY(MemoryMap memory, MemoryMap::read_low(system));
  const auto facts = read_page_zero(system);
  const bool bios = facts && facts->ivt_problem.empty();
  return SegmentLimits{std::move(memory), bios ? facts->base_memory_end : abi::kImageEnd,
                       system.total_memory_bytes()};
}

Result<void> SegmentLimits::check(const std::vector<Segment>& segments) const {
  if (segments.size() > KEXEC_SEGMENT_MAX) {
    return fail(ErrorCode::kLimit, fmt::format("the image has {} segments", segments.size()), "kexec_load",
                fmt::format("the kernel takes {}; link the image with fewer gaps", KEXEC_SEGMENT_MAX));
  }
  std::uint64_t sum = 0;
  for (const Segment& segment : segments) {
    KJUMP_CHECK(check_address(*this, segment));
    sum += segment.memory_bytes;
  }
  if (sum > total_memory_bytes / 2) {
    return fail(
        ErrorCode::kLimit, fmt::format("the image takes {:#x} bytes", sum), "kexec_load",
        fmt::format("the kernel allows half of the machine's memory, {:#x} bytes", total_memory_bytes / 2));
  }
  return {};
}

}  // namespace kjump
