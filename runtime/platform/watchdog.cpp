// SPDX-License-Identifier: MIT
#include "platform/watchdog.hpp"

#include <kjump/abi/fault.hpp>
#include <kjump/abi/layout.hpp>

#include "platform/local_apic.hpp"

extern "C" {
// Linked at their offsets in the real segment.
extern char kjump_ticks_left[];
extern char kjump_edge_watch[];
uint8_t kjump_watchdog_is_armed = 0;
}

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

constexpr uint32_t kIsaPins = 16;  // below: lines that somebody may use
constexpr uint32_t kTickMs = 55;   // of the PIT at 18.2 Hz, rounded up
constexpr uint32_t kNmiLaterMs = 300;

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

// 10^12 / period: femtoseconds in a millisecond. A quotient of 64 by 32 bits would need a library.
uint32_t ticks_per_ms(uint32_t period) {
  uint32_t quotient = 0xD4A51000;  // 10^12, low half
  uint32_t high = 0xE8;
  asm("divl %2" : "+a"(quotient), "+d"(high) : "r"(period));
  return quotient;
}

// The one under way is over soon, and the one after it counts in full.
constexpr uint32_t ticks_of(uint32_t deadline_ms) {
  return deadline_ms / kTickMs + 2;
}

uint32_t in_real_segment(const char* offset) {
  return abi::kRealBase + static_cast<uint32_t>(reinterpret_cast<uintptr_t>(offset));
}

volatile uint32_t& ticks_left() {
  return at(in_real_segment(kjump_ticks_left));
}

void set_edge_watch(abi::EdgeWatch state) {
  *reinterpret_cast<volatile uint8_t*>(in_real_segment(kjump_edge_watch)) = static_cast<uint8_t>(state);
}

// What the thunk pauses.
constinit IoApic edge_io_apic(0);
uint32_t edge_pin = 0;

}  // namespace

Watchdog::Watchdog(uint32_t hpet_base, uint32_t io_apic_base, uint32_t timer_pin, uint32_t deadline_ms)
    : hpet_base_(hpet_base), io_apic_(io_apic_base) {
  if (deadline_ms == 0) {
    return;
  }
  ticks_left() = ticks_of(deadline_ms);
  if (choose_comparator()) {
    arm(deadline_ms + kNmiLaterMs);
  } else if (timer_pin != 0 && timer_pin < io_apic_.pins()) {
    count_edges(timer_pin);
  }
}

// The last timer that is 64 bits wide and reaches a pin which belongs to no ISA line: Linux ticks with the
// first. What it reaches is what it keeps (IA-PC HPET 1.0a, 2.3.8, Tn_INT_ROUTE_CNF); the capability mask of
// QEMU's pc machine says less than it can do.
bool Watchdog::choose_comparator() {
  const uint32_t pins = io_apic_.pins();
  if (hpet_base_ == 0 || pins <= kIsaPins) {
    return false;
  }
  const uint32_t last = at(hpet_base_ + kCapabilities) >> 8 & 0x1F;
  for (uint32_t timer = last + 1; timer-- > 0;) {
    timer_ = hpet_base_ + kTimers + timer * kTimerBytes;
    timer_config_before_ = at(timer_ + kTimerConfig);
    if ((timer_config_before_ & kWide) != 0 && choose_pin(pins < kRoutes ? pins : kRoutes)) {
      return true;
    }
    at(timer_ + kTimerConfig) = timer_config_before_;
  }
  timer_ = 0;
  return false;
}

bool Watchdog::choose_pin(uint32_t pins) {
  for (uint32_t pin = pins; pin-- > kIsaPins;) {
    at(timer_ + kTimerConfig) = pin << kRouteShift;  // edge, once, 64 bits
    if ((at(timer_ + kTimerConfig) >> kRouteShift) % kRoutes == pin) {
      pin_ = pin;
      return true;
    }
  }
  return false;
}

void Watchdog::arm(uint32_t deadline_ms) {
  entry_before_ = io_apic_.read_entry(pin_);
  hpet_config_before_ = at(hpet_base_ + kConfiguration);
  comparator_before_ = read_wide(timer_ + kComparator);
  at(hpet_base_ + kConfiguration) = hpet_config_before_ | kEnable;
  ticks_per_ms_ = ticks_per_ms(at(hpet_base_ + kPeriod));
  const uint64_t ticks = uint64_t{ticks_per_ms_} * deadline_ms;
  end_ = read_wide(hpet_base_ + kCounter) + ticks;
  write_wide(timer_ + kComparator, end_);
  io_apic_.write_entry(pin_, IoApic::nmi_for(LocalApic().id()));
  kjump_watchdog_is_armed = 1;
  at(timer_ + kTimerConfig) = pin_ << kRouteShift | kInterruptEnable;
}

// Shut meanwhile: two halves are written, and an end that has passed already would fire at once.
void Watchdog::set_end(uint64_t end) {
  end_ = end;
  at(timer_ + kTimerConfig) = pin_ << kRouteShift;
  write_wide(timer_ + kComparator, end_);
  at(timer_ + kTimerConfig) = pin_ << kRouteShift | kInterruptEnable;
}

void Watchdog::begin_call(uint32_t deadline_ms) {
  const uint32_t ticks = ticks_of(deadline_ms);
  if (ticks >= ticks_left()) {
    return;
  }
  call_deadline_ms_ = deadline_ms;
  ticks_lent_ = ticks_left() - ticks;
  ticks_left() = ticks;
  if (timer_ != 0) {
    jump_end_ = end_;
    set_end(read_wide(hpet_base_ + kCounter) + uint64_t{ticks_per_ms_} * (deadline_ms + kNmiLaterMs));
  }
}

void Watchdog::end_call() {
  if (call_deadline_ms_ == 0) {
    return;
  }
  call_deadline_ms_ = 0;
  ticks_left() = ticks_left() + ticks_lent_;
  if (timer_ != 0) {
    set_end(jump_end_);
  }
}

// Both controllers see each edge: the 8259 gives the BIOS its tick as ever.
void Watchdog::count_edges(uint32_t pin) {
  pin_ = pin;
  entry_before_ = io_apic_.read_entry(pin);
  edge_io_apic = io_apic_;
  edge_pin = pin;
  set_edge_watch(abi::EdgeWatch::kRunning);
  io_apic_.write_entry(pin, IoApic::nmi_for(LocalApic().id()));
}

bool Watchdog::expired() const {
  if (timer_ == 0) {
    return has_nmi() && ticks_left() == 0;
  }
  return has_nmi() && read_wide(hpet_base_ + kCounter) >= end_;
}

Watchdog::~Watchdog() {
  ticks_left() = 0;
  if (!has_nmi()) {
    return;
  }
  if (timer_ == 0) {
    io_apic_.set_mask(pin_, true);  // before its handler is told that there is nothing to count
    set_edge_watch(abi::EdgeWatch::kNone);
    io_apic_.write_entry(pin_, entry_before_);
    return;
  }
  at(timer_ + kTimerConfig) = pin_ << kRouteShift;
  kjump_watchdog_is_armed = 0;
  io_apic_.write_entry(pin_, entry_before_);
  write_wide(timer_ + kComparator, comparator_before_);
  at(timer_ + kTimerConfig) = timer_config_before_;
  at(hpet_base_ + kConfiguration) = hpet_config_before_;
}

}  // namespace kjump::platform

using namespace kjump;

/// For the thunk: no NMI from the PIT's edges while firmware has the processor. Only while the edges are
/// watched.
extern "C" void kjump_pause_edges() {
  platform::edge_io_apic.set_mask(platform::edge_pin, true);
  platform::set_edge_watch(abi::EdgeWatch::kPaused);
}

extern "C" void kjump_resume_edges() {
  platform::set_edge_watch(abi::EdgeWatch::kRunning);
  platform::edge_io_apic.set_mask(platform::edge_pin, false);
}
