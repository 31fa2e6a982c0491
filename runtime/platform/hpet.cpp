// SPDX-License-Identifier: MIT
#include "platform/hpet.hpp"

namespace kjump::platform {

namespace {

constexpr uint32_t kConfiguration = 0x10;  // IA-PC HPET specification 1.0a, 2.3.5
constexpr uint32_t kCapabilities = 0x00;
constexpr uint32_t kLastTimerShift = 8;
constexpr uint32_t kLastTimer = 0x1F;
constexpr uint32_t kTimers = 0x100;  // 2.3.8: the first register of each is its configuration
constexpr uint32_t kTimerBytes = 0x20;

volatile uint32_t* register_at(uint32_t base, uint32_t offset) {
  return reinterpret_cast<volatile uint32_t*>(base + offset);
}

volatile uint32_t* configuration(uint32_t base) {
  return register_at(base, kConfiguration);
}

}  // namespace

uint32_t read_hpet_config(uint32_t base) {
  return base == 0 ? 0 : *configuration(base);
}

void write_hpet_config(uint32_t base, uint32_t value) {
  if (base != 0) {
    *configuration(base) = value;
  }
}

void visit_hpet(uint32_t base, void (*visit)(void* context, uint32_t offset, uint32_t value), void* context) {
  if (base == 0) {
    return;
  }
  visit(context, kConfiguration, *configuration(base));
  const uint32_t last = *register_at(base, kCapabilities) >> kLastTimerShift & kLastTimer;
  for (uint32_t timer = 0; timer <= last; ++timer) {
    const uint32_t offset = kTimers + timer * kTimerBytes;
    visit(context, offset, *register_at(base, offset));
  }
}

void write_hpet(uint32_t base, uint32_t offset, uint32_t value) {
  *register_at(base, offset) = value;
}

}  // namespace kjump::platform
