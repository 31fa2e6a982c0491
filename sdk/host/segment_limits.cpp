// SPDX-License-Identifier: MIT
#include "host/segment_limits.hpp"

#include <fmt/format.h>
#include <linux/kexec.h>

#include <kjump/abi/layout.hpp>

#include "host/firmware.hpp"

namespace kjump {
namespace {

std::string subject_of(const Segment& segment) {
  return fmt::format("segment at {:#x}, {:#x} bytes", segment.address, segment.memory_bytes);
}

Result<void> check_form(const Segment& segment) {
  if (segment.address % abi::kPageBytes != 0 || segment.memory_bytes % abi::kPageBytes != 0) {
    return fail(ErrorCode::kLimit, "segment is not made of whole pages", subject_of(segment));
  }
  if (segment.content.size() > segment.memory_bytes) {
    return fail(ErrorCode::kLimit, fmt::format("segment has {:#x} bytes of content", segment.content.size()),
                subject_of(segment));
  }
  return {};
}

Result<void> check_high_address(const SegmentLimits& limits, const Segment& segment) {
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
  KJUMP_CHECK(check_form(segment));
  if (segment.address < kMebibyte) {
    return fail(ErrorCode::kLimit, "segment begins below 1 MiB", subject_of(segment));
  }
  const std::uint64_t end = std::uint64_t{segment.address} + segment.memory_bytes;
  if (const auto hole = limits.memory.first_hole(segment.address, end)) {
    return fail(ErrorCode::kLimit,
                fmt::format("{:#x} is not System RAM but '{}'", *hole, limits.memory.type_at(*hole)),
                subject_of(segment));
  }
  return {};
}

Result<void> check_address(const SegmentLimits& limits, const Segment& segment) {
  const std::string subject = subject_of(segment);
  const std::uint64_t end = std::uint64_t{segment.address} + segment.memory_bytes;
  KJUMP_CHECK(check_form(segment));
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

Result<SegmentLimits> SegmentLimits::read(const System& system, bool all_memory) {
  KJUMP_TRY(MemoryMap memory, all_memory ? MemoryMap::read(system) : MemoryMap::read_low(system));
  const auto facts = read_page_zero(system);
  const bool bios = facts && facts->ivt_problem.empty();
  return SegmentLimits{std::move(memory), bios ? facts->base_memory_end : abi::kImageEnd,
                       system.total_memory_bytes()};
}

Result<void> SegmentLimits::check(const std::vector<Segment>& segments,
                                  const std::vector<Segment>& more) const {
  if (const std::size_t count = segments.size() + more.size(); count > KEXEC_SEGMENT_MAX) {
    return fail(ErrorCode::kLimit, fmt::format("the image has {} segments", count), "kexec_load",
                fmt::format("the kernel takes {}; link the image with fewer gaps", KEXEC_SEGMENT_MAX));
  }
  std::uint64_t sum = 0;
  for (const Segment& segment : segments) {
    KJUMP_CHECK(check_address(*this, segment));
    sum += segment.memory_bytes;
  }
  for (const Segment& segment : more) {
    KJUMP_CHECK(check_high_address(*this, segment));
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
