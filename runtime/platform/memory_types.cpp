// SPDX-License-Identifier: MIT
#include "platform/memory_types.hpp"

#include "platform/control_registers.hpp"
#include "support/cpuid.hpp"
#include "support/msr.hpp"

namespace kjump::platform {

namespace {

constexpr uint32_t kFeatures = 1;  // CPUID leaf; EDX:
constexpr uint32_t kHasMtrr = 1u << 12;
constexpr uint32_t kHasPat = 1u << 16;

constexpr uint32_t kMtrrCapabilities = 0xFE;
constexpr uint32_t kVariableRanges = 0xFF;  // bits of it
constexpr uint32_t kFixedRanges = 1u << 8;
constexpr uint32_t kMtrrDefault = 0x2FF;
constexpr uint32_t kMtrrEnable = 1u << 11;
constexpr uint32_t kMtrrVariable = 0x200;  // base and mask of each
constexpr uint32_t kMtrrFixed[] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26A,
                                   0x26B, 0x26C, 0x26D, 0x26E, 0x26F};

constexpr uint32_t kCacheDisable = 1u << 30;  // CR0
constexpr uint32_t kNotWriteThrough = 1u << 29;

}  // namespace

bool has_mtrrs() {
  return (cpuid(kFeatures).edx & kHasMtrr) != 0;
}

bool has_pat() {
  return (cpuid(kFeatures).edx & kHasPat) != 0;
}

void visit_mtrrs(void (*visit)(void* context, uint32_t msr), void* context) {
  const auto capabilities = static_cast<uint32_t>(read_msr(kMtrrCapabilities));
  visit(context, kMtrrDefault);
  for (uint32_t i = 0; i < 2 * (capabilities & kVariableRanges); ++i) {
    visit(context, kMtrrVariable + i);
  }
  if ((capabilities & kFixedRanges) != 0) {
    for (const uint32_t msr : kMtrrFixed) {
      visit(context, msr);
    }
  }
}

void write_mtrr(uint32_t msr, uint64_t value) {
  const uint32_t before = read_cr0();
  write_cr0((before | kCacheDisable) & ~kNotWriteThrough);
  asm volatile("wbinvd" : : : "memory");
  const uint64_t enabled = read_msr(kMtrrDefault);
  write_msr(kMtrrDefault, enabled & ~uint64_t{kMtrrEnable});
  write_msr(msr, value);
  if (msr != kMtrrDefault) {
    write_msr(kMtrrDefault, enabled);
  }
  asm volatile("wbinvd" : : : "memory");
  write_cr0(before);
}

}  // namespace kjump::platform
