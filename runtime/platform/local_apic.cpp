// SPDX-License-Identifier: MIT
#include "platform/local_apic.hpp"

#include <kjump/abi/processor.hpp>

#include "support/msr.hpp"

namespace kjump::platform {

namespace {

// IA32_APIC_BASE (SDM volume 3, figure 11-5).
constexpr uint32_t kBaseX2apic = 1u << 10;
constexpr uint32_t kBaseEnabled = 1u << 11;
constexpr uint32_t kBaseAddress = 0xFFFFF000;
constexpr uint32_t kX2apicMsr = 0x800;

volatile uint32_t* memory_register(uint64_t base_msr, uint32_t offset) {
  return reinterpret_cast<volatile uint32_t*>((static_cast<uint32_t>(base_msr) & kBaseAddress) + offset);
}

}  // namespace

LocalApic::LocalApic() : base_msr_(read_msr(abi::kMsrApicBase)) {}

bool LocalApic::x2apic() const {
  return enabled() && (base_msr_ & kBaseX2apic) != 0;
}

// An APIC that firmware moved above 4 GiB is out of reach without paging: as good as none.
bool LocalApic::enabled() const {
  return (base_msr_ & kBaseEnabled) != 0 && (base_msr_ >> 32) == 0;
}

uint32_t LocalApic::read(uint32_t offset) const {
  if (!enabled()) {
    return 0;
  }
  return x2apic() ? static_cast<uint32_t>(read_msr(kX2apicMsr + offset / 16))
                  : *memory_register(base_msr_, offset);
}

uint32_t LocalApic::id() const {
  const uint32_t value = read(kApicId);
  return x2apic() ? value : value >> 24;
}

void LocalApic::write(uint32_t offset, uint32_t value) const {
  if (!enabled()) {
    return;
  }
  if (x2apic()) {
    write_msr(kX2apicMsr + offset / 16, value);
  } else {
    *memory_register(base_msr_, offset) = value;
  }
}

}  // namespace kjump::platform
