// SPDX-License-Identifier: MIT
#include "report/names.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <span>
#include <utility>

#include <kjump/abi/carrier.hpp>
#include <kjump/abi/processor.hpp>

namespace kjump::report {
namespace {

using BitName = std::pair<std::uint32_t, std::string_view>;

constexpr std::array<std::pair<abi::Outcome, std::string_view>, 5> kOutcomes{{
    {abi::Outcome::kPending, "pending"},
    {abi::Outcome::kReturned, "returned"},
    {abi::Outcome::kFault, "fault"},
    {abi::Outcome::kTimeout, "timeout"},
    {abi::Outcome::kRefused, "refused"},
}};

constexpr std::array<BitName, 2> kRepairs{{{abi::kRepairA20, "a20"}, {abi::kRepairPicMask, "pic-mask"}}};

constexpr std::array<BitName, 4> kHardware{{{abi::kHardwareX2apic, "x2apic"},
                                            {abi::kHardwareHpetLegacy, "hpet-legacy"},
                                            {abi::kHardwareA20WasOff, "a20-was-off"},
                                            {abi::kHardwareShadowRamLocked, "shadow-ram-locked"}}};

constexpr std::array<BitName, 11> kBreaches{{
    {abi::kBreachCs, "CS is not 0x10"},
    {abi::kBreachCr0Wp, "CR0.WP is clear"},
    {abi::kBreachCr4, "CR4 differs from entry"},
    {abi::kBreachEfer, "EFER differs from entry"},
    {abi::kBreachFlags, "DF or IF is set"},
    {abi::kBreachGdt, "GDTR is not the kernel's GDT"},
    {abi::kBreachR11, "R11 is zero"},
    {abi::kBreachSlot, "the return slot holds no plausible next entry"},
    {abi::kBreachTpr, "the local APIC's TPR differs from entry"},
    {abi::kBreachPic, "8259 masks or trigger modes differ from entry"},
    {abi::kBreachHpet, "the HPET's configuration differs from entry"},
}};

// Intel SDM volume 3, table 6-1.
constexpr std::array<std::string_view, 22> kExceptions{"divide error (#DE)",
                                                       "debug exception (#DB)",
                                                       "non-maskable interrupt",
                                                       "breakpoint (#BP)",
                                                       "overflow (#OF)",
                                                       "bound range exceeded (#BR)",
                                                       "invalid opcode (#UD)",
                                                       "no coprocessor (#NM)",
                                                       "double fault (#DF)",
                                                       "coprocessor overrun",
                                                       "invalid TSS (#TS)",
                                                       "segment not present (#NP)",
                                                       "stack fault (#SS)",
                                                       "general protection fault (#GP)",
                                                       "page fault (#PF)",
                                                       "exception 15",
                                                       "floating-point error (#MF)",
                                                       "alignment check (#AC)",
                                                       "machine check (#MC)",
                                                       "SIMD error (#XM)",
                                                       "virtualization exception (#VE)",
                                                       "control protection (#CP)"};

constexpr std::string_view kUnnamedBit = "bit";

std::vector<std::string> names_of(std::uint32_t bits, std::span<const BitName> names) {
  std::vector<std::string> out;
  for (const auto& [bit, name] : names) {
    if ((bits & bit) != 0) {
      out.emplace_back(name);
      bits &= ~bit;
    }
  }
  for (; bits != 0; bits &= bits - 1) {
    out.push_back(fmt::format("{}{}", kUnnamedBit, std::countr_zero(bits)));
  }
  return out;
}

std::optional<std::uint32_t> bit_of(std::string_view wanted, std::span<const BitName> names) {
  for (const auto& [bit, name] : names) {
    if (name == wanted) {
      return bit;
    }
  }
  if (!wanted.starts_with(kUnnamedBit)) {
    return std::nullopt;
  }
  unsigned number = 0;
  const char* end = wanted.data() + wanted.size();
  const auto parsed = std::from_chars(wanted.data() + kUnnamedBit.size(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number > 31) {
    return std::nullopt;
  }
  return 1U << number;
}

}  // namespace

std::string_view outcome_name(abi::Outcome outcome) {
  for (const auto& [value, name] : kOutcomes) {
    if (value == outcome) {
      return name;
    }
  }
  return "pending";
}

std::optional<abi::Outcome> outcome_from_name(std::string_view wanted) {
  for (const auto& [value, name] : kOutcomes) {
    if (name == wanted) {
      return value;
    }
  }
  return std::nullopt;
}

std::vector<std::string> repair_names(std::uint32_t bits) {
  return names_of(bits, kRepairs);
}
std::optional<std::uint32_t> repair_bit(std::string_view name) {
  return bit_of(name, kRepairs);
}
std::vector<std::string> hardware_names(std::uint32_t bits) {
  return names_of(bits, kHardware);
}
std::optional<std::uint32_t> hardware_bit(std::string_view name) {
  return bit_of(name, kHardware);
}
std::vector<std::string> breach_texts(std::uint32_t bits) {
  return names_of(bits, kBreaches);
}

std::string exception_name(std::uint32_t vector) {
  return vector < kExceptions.size() ? std::string(kExceptions.at(vector))
                                     : fmt::format("exception {}", vector);
}

}  // namespace kjump::report
