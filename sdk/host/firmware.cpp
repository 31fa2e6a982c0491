// SPDX-License-Identifier: MIT
#include "host/firmware.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include <kjump/abi/layout.hpp>

#include "host/physical_memory.hpp"

namespace kjump {
namespace {

constexpr std::size_t kBdaEbdaSegment = 0x40E;
constexpr std::size_t kBdaBaseMemoryKib = 0x413;
// What the kernel takes for a sane end of conventional memory (arch/x86/kernel/ebda.c).
constexpr std::uint32_t kLowestPlausibleEnd = 0x20000;
constexpr std::uint32_t kRomStart = 0xC0000;
constexpr std::uint32_t kRomEnd = 0x100000;

std::uint32_t word_at(std::span<const std::byte> page, std::size_t offset) {
  std::uint16_t value = 0;
  std::memcpy(&value, page.data() + offset, sizeof(value));
  return value;
}

// The lower of the BDA's two statements, as the kernel's reserve_bios_regions() has it.
std::uint32_t conventional_end(std::span<const std::byte> page) {
  std::uint32_t end = word_at(page, kBdaBaseMemoryKib) * 1024;
  if (end < kLowestPlausibleEnd || end > abi::kConventionalEnd) {
    end = abi::kConventionalEnd;
  }
  const std::uint32_t ebda = word_at(page, kBdaEbdaSegment) << 4;
  return ebda >= kLowestPlausibleEnd && ebda < end ? ebda : end;
}

// Why the vectors are not a BIOS's. They must lead into ROM, or into memory at the top of conventional
// memory that a hook (boot loader, option ROM) has reserved for itself.
std::string problem_of_vectors(std::span<const std::byte> page, std::uint32_t memory_end) {
  for (const std::size_t vector : {0x10U, 0x13U, 0x15U, 0x1AU}) {
    const std::uint32_t offset = word_at(page, vector * 4);
    const std::uint32_t segment = word_at(page, vector * 4 + 2);
    const std::uint32_t target = (segment << 4) + offset;
    if (target == 0) {
      return fmt::format("interrupt vector {:#x} is empty", vector);
    }
    const bool in_rom = target >= kRomStart && target < kRomEnd;
    const bool in_reserved = target >= memory_end && target < abi::kConventionalEnd;
    if (!in_rom && !in_reserved) {
      return fmt::format("interrupt vector {:#x} leads to {:04x}:{:04x}, which is not ROM", vector, segment,
                         offset);
    }
  }
  const std::uint32_t kib = word_at(page, kBdaBaseMemoryKib);
  if (kib * 1024 < kLowestPlausibleEnd || kib * 1024 > abi::kConventionalEnd) {
    return fmt::format("the BIOS data area claims {} KiB of base memory", kib);
  }
  return {};
}

}  // namespace

LowMemoryFacts parse_page_zero(std::span<const std::byte> page) {
  if (page.size() < abi::kPageBytes) {
    return {abi::kConventionalEnd, "page 0 is cut off"};
  }
  LowMemoryFacts facts;
  facts.base_memory_end = conventional_end(page);
  facts.ivt_problem = problem_of_vectors(page, facts.base_memory_end);
  return facts;
}

Result<LowMemoryFacts> read_page_zero(const System& system) {
  KJUMP_TRY(const PhysicalMapping page,
            PhysicalMapping::map(system, 0, abi::kPageBytes, PhysicalMapping::Access::kRead));
  return parse_page_zero(page.bytes());
}

bool booted_by_efi(const System& system) {
  return system.exists("/sys/firmware/efi");
}

}  // namespace kjump
