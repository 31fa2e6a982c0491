// SPDX-License-Identifier: MIT
#include "platform/local_apic.hpp"

#include <kjump/abi/processor.hpp>

#include "support/msr.hpp"

namespace kjump::platform {

namespace {

constexpr uint32_t kVersion = 0x030;
constexpr uint32_t kHighestEntryShift = 16;
constexpr uint32_t kUnderWay = 1u << 12 | 1u << 14;  // delivery status, remote IRR: read-only
// The local vector table, and the number of its highest entry that a processor with this one has
// (SDM volume 3, 10.4.8).
struct Entry {
  uint16_t offset;
  uint16_t highest;
};
constexpr Entry kEntries[] = {{kApicTimer, 0}, {kApicLint0, 0}, {kApicLint1, 0}, {0x370, 3},
                              {0x340, 4},      {0x330, 5},      {0x2F0, 6}};

volatile uint32_t* memory_register(uint64_t base_msr, uint32_t offset) {
  return reinterpret_cast<volatile uint32_t*>((static_cast<uint32_t>(base_msr) & abi::kApicBaseAddress) +
                                              offset);
}

}  // namespace

LocalApic::LocalApic() : base_msr_(read_msr(abi::kMsrApicBase)) {}

bool LocalApic::x2apic() const {
  return enabled() && (base_msr_ & abi::kApicBaseX2apic) != 0;
}

// An APIC that firmware moved above 4 GiB is out of reach without paging: as good as none.
bool LocalApic::enabled() const {
  return (base_msr_ & abi::kApicBaseEnabled) != 0 && (base_msr_ >> 32) == 0;
}

uint32_t LocalApic::read(uint32_t offset) const {
  if (!enabled()) {
    return 0;
  }
  return x2apic() ? static_cast<uint32_t>(read_msr(abi::kX2apicMsr + offset / 16))
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
    write_msr(abi::kX2apicMsr + offset / 16, value);
  } else {
    *memory_register(base_msr_, offset) = value;
  }
}

void LocalApic::visit_registers(void (*visit)(void* context, uint32_t offset, uint32_t value),
                                void* context) const {
  visit(context, kApicTaskPriority, read(kApicTaskPriority));
  visit(context, kApicSpurious, read(kApicSpurious));
  const uint32_t highest = read(kVersion) >> kHighestEntryShift & 0xFF;
  for (const Entry& entry : kEntries) {
    if (entry.highest <= highest) {
      visit(context, entry.offset, read(entry.offset) & ~kUnderWay);
    }
  }
}

}  // namespace kjump::platform
