// SPDX-License-Identifier: MIT
#include "platform/hpet_nmi.hpp"

#include "support/quotient.hpp"

namespace kjump::platform {

namespace {

// IA-PC HPET specification 1.0a, 2.3.
constexpr uint32_t kPeriod = 0x04;  // femtoseconds a tick
constexpr uint32_t kCapabilities = 0x00;
constexpr uint32_t kConfiguration = 0x10;
constexpr uint32_t kEnable = 1u << 0;
constexpr uint32_t kCounter = 0xF0;
constexpr uint32_t kTimers = 0x100;
constexpr uint32_t kTimerBytes = 0x20;
// A timer's registers.
constexpr uint32_t kTimerConfig = 0x00;
constexpr uint32_t kComparator = 0x08;
constexpr uint32_t kInterruptEnable = 1u << 2;
constexpr uint32_t kWide = 1u << 5;  // 64 bits
constexpr uint32_t kRouteShift = 9;
constexpr uint32_t kRoutes = 32;

constexpr uint64_t kFemtosecondsPerMs = 1'000'000'000'000;

constexpr uint32_t kIsaPins = 16;  // below: lines that somebody may use

volatile uint32_t& at(uint32_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}

uint64_t read_wide(uint32_t address) {
  uint32_t high = at(address + 4);
  for (;;) {
    const uint32_t low = at(address);
    const uint32_t again = at(address + 4);
    if (again == high) {
      return uint64_t{high} << 32 | low;
    }
    high = again;
  }
}

void write_wide(uint32_t address, uint64_t value) {
  at(address) = static_cast<uint32_t>(value);
  at(address + 4) = static_cast<uint32_t>(value >> 32);
}

}  // namespace

// The last timer that is 64 bits wide and reaches a pin which belongs to no ISA line: Linux ticks with the
// first. What it reaches is what it keeps (IA-PC HPET 1.0a, 2.3.8, Tn_INT_ROUTE_CNF); the capability mask of
// QEMU's pc machine says less than it can do.
bool HpetNmi::choose(uint32_t base, const IoApic& io_apic) {
  const uint32_t pins = io_apic.pins();
  if (base == 0 || pins <= kIsaPins) {
    return false;
  }
  base_ = base;
  io_apic_ = io_apic;
  const uint32_t last = at(base_ + kCapabilities) >> 8 & 0x1F;
  for (uint32_t timer = last + 1; timer-- > 0;) {
    timer_ = base_ + kTimers + timer * kTimerBytes;
    timer_config_before_ = at(timer_ + kTimerConfig);
    if ((timer_config_before_ & kWide) != 0 && choose_pin(pins < kRoutes ? pins : kRoutes)) {
      return true;
    }
    at(timer_ + kTimerConfig) = timer_config_before_;
  }
  return false;
}

bool HpetNmi::choose_pin(uint32_t pins) {
  for (uint32_t pin = pins; pin-- > kIsaPins;) {
    at(timer_ + kTimerConfig) = pin << kRouteShift;  // edge, once, 64 bits
    if ((at(timer_ + kTimerConfig) >> kRouteShift) % kRoutes == pin) {
      pin_ = pin;
      return true;
    }
  }
  return false;
}

void HpetNmi::arm(uint32_t delay_ms) {
  hpet_config_before_ = at(base_ + kConfiguration);
  comparator_before_ = read_wide(timer_ + kComparator);
  at(base_ + kConfiguration) = hpet_config_before_ | kEnable;
  ticks_per_ms_ = support::quotient(kFemtosecondsPerMs, at(base_ + kPeriod));
  end_ = end_in(delay_ms);
  write_wide(timer_ + kComparator, end_);
  nmi_.connect(io_apic_, pin_);
  at(timer_ + kTimerConfig) = pin_ << kRouteShift | kInterruptEnable;
}

uint64_t HpetNmi::end_in(uint32_t delay_ms) const {
  return read_wide(base_ + kCounter) + uint64_t{ticks_per_ms_} * delay_ms;
}

// Shut meanwhile: two halves are written, and an end that has passed already would fire at once.
void HpetNmi::set_end(uint64_t end) {
  end_ = end;
  at(timer_ + kTimerConfig) = pin_ << kRouteShift;
  write_wide(timer_ + kComparator, end_);
  at(timer_ + kTimerConfig) = pin_ << kRouteShift | kInterruptEnable;
}

bool HpetNmi::expired() const {
  return read_wide(base_ + kCounter) >= end_;
}

void HpetNmi::disarm() {
  at(timer_ + kTimerConfig) = pin_ << kRouteShift;
  nmi_.disconnect();
  write_wide(timer_ + kComparator, comparator_before_);
  at(timer_ + kTimerConfig) = timer_config_before_;
  at(base_ + kConfiguration) = hpet_config_before_;
}

}  // namespace kjump::platform
