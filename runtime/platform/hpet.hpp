// SPDX-License-Identifier: MIT
/// The HPET's legacy replacement route, which cuts the PIT off IRQ 0 and the RTC off IRQ 8 while it is on.
#pragma once

#include <stdint.h>

namespace kjump::platform {

inline constexpr uint32_t kHpetLegacyRoute = 1u << 1;

/// General configuration register (low half); 0 when `base` is 0. `base` is a physical address.
[[nodiscard]] uint32_t read_hpet_config(uint32_t base);
void write_hpet_config(uint32_t base, uint32_t value);

/// Calls visit(context, offset, value) for the configuration register of the HPET and of each of its timers.
void visit_hpet(uint32_t base, void (*visit)(void* context, uint32_t offset, uint32_t value), void* context);
void write_hpet(uint32_t base, uint32_t offset, uint32_t value);

}  // namespace kjump::platform
