// SPDX-License-Identifier: MIT
#include "platform/watchdog.hpp"

#include "platform/pit.hpp"
#include "platform/pit_edges.hpp"
#include "platform/real_segment.hpp"
#include "support/quotient.hpp"

extern "C" {
// Linked at their offsets in the real segment.
extern char kjump_ticks_left[];
extern char kjump_nmi_not_before[];
uint8_t kjump_watchdog_is_armed = 0;
}

namespace kjump::platform {

namespace {

constexpr uint32_t kTickMs = 55;  // of the PIT at 18.2 Hz, rounded up
constexpr uint32_t kNmiLaterMs = 300;

// The one under way is over soon, and the one after it counts in full.
constexpr uint32_t ticks_of(uint32_t deadline_ms) {
  return deadline_ms / kTickMs + 2;
}

volatile uint32_t& ticks_left() {
  return in_real_segment<uint32_t>(kjump_ticks_left);
}

uint64_t timestamp() {
  uint64_t ticks = 0;
  asm volatile("rdtsc" : "=A"(ticks));
  return ticks;
}

// For the handlers. Never, as long as there is only half a number.
void set_not_before(uint64_t end) {
  volatile auto& halves = in_real_segment<uint32_t[2]>(kjump_nmi_not_before);
  halves[1] = 0xFFFFFFFF;
  halves[0] = static_cast<uint32_t>(end);
  halves[1] = static_cast<uint32_t>(end >> 32);
}

}  // namespace

Watchdog::Watchdog(const WatchdogSources& sources, uint32_t deadline_ms) {
  if (deadline_ms == 0) {
    return;
  }
  ticks_left() = ticks_of(deadline_ms);
  const IoApic io_apic(sources.io_apic_base);
  has_hpet_ = hpet_.choose(sources.hpet_base, io_apic);
  if (has_hpet_) {
    kjump_watchdog_is_armed = 1;
    hpet_.arm(deadline_ms + kNmiLaterMs);
    return;
  }
  if (sources.clock_pin != 0 && sources.clock_pin < io_apic.pins()) {
    arm_alarm(io_apic, sources.clock_pin, deadline_ms);
  }
  if (sources.timer_pin != 0 && sources.timer_pin < io_apic.pins()) {
    has_edges_ = true;
    count_pit_edges(io_apic, sources.timer_pin);
  }
}

// The clock's interrupt is the BIOS's, too: it lets INT 15h AH=86h wait, with a thousand a second. The
// handlers let NMIs pass before the alarm's time.
void Watchdog::arm_alarm(const IoApic& io_apic, uint32_t pin, uint32_t deadline_ms) {
  tsc_khz_ = measure_tsc_khz();
  if (tsc_khz_ == 0) {
    return;
  }
  has_alarm_ = true;
  clock_.take();
  set_alarm(alarm_end_in(deadline_ms));
  clock_nmi_.connect(io_apic, pin);
  kjump_watchdog_is_armed = 1;
}

uint64_t Watchdog::alarm_end_in(uint32_t deadline_ms) const {
  return timestamp() + uint64_t{tsc_khz_} * deadline_ms;
}

void Watchdog::set_alarm(uint64_t end) {
  alarm_end_ = end;
  set_not_before(end);
  const uint64_t now = timestamp();
  clock_.set((end > now ? support::quotient(end - now, tsc_khz_) : 0) + kNmiLaterMs);
}

void Watchdog::begin_call(uint32_t deadline_ms) {
  const uint32_t ticks = ticks_of(deadline_ms);
  if (ticks >= ticks_left()) {
    return;
  }
  call_deadline_ms_ = deadline_ms;
  ticks_lent_ = ticks_left() - ticks;
  ticks_left() = ticks;
  if (has_hpet_) {
    jump_end_ = hpet_.end();
    hpet_.set_end(hpet_.end_in(deadline_ms + kNmiLaterMs));
  } else if (has_alarm_) {
    jump_end_ = alarm_end_;
    set_alarm(alarm_end_in(deadline_ms));
  }
}

void Watchdog::end_call() {
  if (call_deadline_ms_ == 0) {
    return;
  }
  call_deadline_ms_ = 0;
  ticks_left() = ticks_left() + ticks_lent_;
  if (has_hpet_) {
    hpet_.set_end(jump_end_);
  } else if (has_alarm_) {
    set_alarm(jump_end_);
  }
}

bool Watchdog::expired() const {
  if (has_hpet_) {
    return hpet_.expired();
  }
  return (has_edges_ && ticks_left() == 0) || (has_alarm_ && timestamp() >= alarm_end_);
}

Watchdog::~Watchdog() {
  ticks_left() = 0;
  kjump_watchdog_is_armed = 0;
  if (has_hpet_) {
    hpet_.disarm();
  }
  if (has_edges_) {
    stop_counting_pit_edges();
  }
  if (has_alarm_) {
    clock_nmi_.disconnect();
    clock_.put_back();
    set_not_before(0);
  }
}

}  // namespace kjump::platform
