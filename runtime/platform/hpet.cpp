// SPDX-License-Identifier: MIT
#include "platform/hpet.hpp"

namespace kjump::platform {

namespace {

constexpr uint32_t kConfiguration = 0x10;  // IA-PC HPET specification 1.0a, 2.3.5

volatile uint32_t* configuration(uint32_t base) {
  return reinterpret_cast<volatile uint32_t*>(base + kConfiguration);
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

}  // namespace kjump::platform
