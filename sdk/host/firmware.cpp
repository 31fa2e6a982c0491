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

// Why the vectors are not a BIOS's.
std::string problem_of_vectors(const LowMemoryFacts& facts, std::uint32_t base_memory_kib) {
  for (const std::uint8_t vector : std::array<std::uint8_t, 4>{0x10, 0x13, 0x15, 0x1A}) {
    const VectorPlace place = facts.place_of(vector);
    if (place == VectorPlace::kEmpty) {
      return fmt::format("interrupt vector {:#x} is empty", vector);
    }
    if (place == VectorPlace::kElsewhere) {
      return fmt::format("interrupt vector {:#x} leads to {}, which is not ROM", vector,
                         facts.vector_text(vector));
    }
  }
  if (base_memory_kib * 1024 < kLowestPlausibleEnd || base_memory_kib * 1024 > abi::kConventionalEnd) {
    return fmt::format("the BIOS data area claims {} KiB of base memory", base_memory_kib);
  }
  return {};
}

}  // namespace

VectorPlace LowMemoryFacts::place_of(std::uint8_t vector) const {
  const std::uint32_t pointer = vectors.at(vector);
  const std::uint32_t target = ((pointer >> 16) << 4) + (pointer & 0xFFFF);
  if (target == 0) {
    return VectorPlace::kEmpty;
  }
  const bool in_rom = target >= kRomStart && target < kRomEnd;
  const bool in_reserved = target >= base_memory_end && target < abi::kConventionalEnd;
  return in_rom || in_reserved ? VectorPlace::kFirmware : VectorPlace::kElsewhere;
}

std::string LowMemoryFacts::vector_text(std::uint8_t vector) const {
  const std::uint32_t pointer = vectors.at(vector);
  return fmt::format("{:04x}:{:04x}", pointer >> 16, pointer & 0xFFFF);
}

LowMemoryFacts parse_page_zero(std::span<const std::byte> page) {
  if (page.size() < abi::kPageBytes) {
    return {abi::kConventionalEnd, "page 0 is cut off", {}};
  }
  LowMemoryFacts facts;
  std::memcpy(facts.vectors.data(), page.data(), sizeof(facts.vectors));
  facts.base_memory_end = conventional_end(page);
  facts.ivt_problem = problem_of_vectors(facts, word_at(page, kBdaBaseMemoryKib));
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
