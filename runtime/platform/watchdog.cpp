// SPDX-License-Identifier: MIT
#include "platform/watchdog.hpp"

#include "platform/pit.hpp"
#include "platform/pit_edges.hpp"
#include "platform/real_segment.hpp"
#include "support/quotient.hpp"

extern "C" {
// Linked at their offsets in the real segment.
extern char kjump_ticks_left[];
extern char kjump_deadline[];
extern char kjump_nmi_not_before[];
uint8_t kjump_watchdog_is_armed = 0;
}

namespace kjump::platform {

namespace {

constexpr uint32_t kTickMs = 55;  // of the PIT at 18.2 Hz, rounded up
constexpr uint32_t kNmiLaterMs = 500;
constexpr uint64_t kNever = ~uint64_t{0};

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

// A time for the handlers. Never, as long as there is only half a number.
void share(const char* variable, uint64_t time) {
  volatile auto& halves = in_real_segment<uint32_t[2]>(variable);
  halves[1] = 0xFFFFFFFF;
  halves[0] = static_cast<uint32_t>(time);
  halves[1] = static_cast<uint32_t>(time >> 32);
}

}  // namespace

Watchdog::Watchdog(const WatchdogSources& sources, uint32_t deadline_ms) {
  if (deadline_ms == 0) {
    return;
  }
  tsc_khz_ = sources.tsc_khz != 0 ? sources.tsc_khz : measure_tsc_khz();
  const IoApic io_apic(sources.io_apic_base);
  has_hpet_ = hpet_.choose(sources.hpet_base, io_apic);
  has_alarm_ = !has_hpet_ && tsc_khz_ != 0 && sources.clock_pin != 0 && sources.clock_pin < io_apic.pins();
  has_edges_ = !has_hpet_ && sources.timer_pin != 0 && sources.timer_pin < io_apic.pins();
  ticks_left() = ticks_of(deadline_ms);
  kjump_watchdog_is_armed = has_hpet_ || has_alarm_ ? 1 : 0;
  if (has_alarm_) {
    clock_.take();
    clock_nmi_.connect(io_apic, sources.clock_pin);
  }
  set_end(end_in(deadline_ms), deadline_ms);
  if (has_hpet_) {
    hpet_.arm(deadline_ms + kNmiLaterMs);
  }
  if (has_edges_) {
    count_pit_edges(io_apic, sources.timer_pin);
  }
}

uint64_t Watchdog::end_in(uint32_t deadline_ms) const {
  return tsc_khz_ != 0 ? timestamp() + uint64_t{tsc_khz_} * deadline_ms : kNever;
}

// The clock's interrupt is the BIOS's, too: it lets INT 15h AH=86h wait, with a thousand a second. The
// handlers let NMIs pass that come before the alarm's time; it is one-shot, so they had better not take a
// measured frequency too literally.
void Watchdog::set_end(uint64_t end, uint32_t left_ms) {
  end_ = end;
  share(kjump_deadline, end_);
  if (has_alarm_) {
    not_before_ = end_ - uint64_t{tsc_khz_} * (left_ms / 16);
    share(kjump_nmi_not_before, not_before_);
    clock_.set(left_ms + kNmiLaterMs);
  }
}

void Watchdog::begin_call(uint32_t deadline_ms) {
  const uint32_t ticks = ticks_of(deadline_ms);
  if (ticks >= ticks_left()) {
    return;
  }
  call_deadline_ms_ = deadline_ms;
  ticks_lent_ = ticks_left() - ticks;
  ticks_left() = ticks;
  jump_end_ = end_;
  set_end(end_in(deadline_ms), deadline_ms);
  if (has_hpet_) {
    hpet_jump_end_ = hpet_.end();
    hpet_.set_end(hpet_.end_in(deadline_ms + kNmiLaterMs));
  }
}

void Watchdog::end_call() {
  if (call_deadline_ms_ == 0) {
    return;
  }
  call_deadline_ms_ = 0;
  ticks_left() = ticks_left() + ticks_lent_;
  const uint64_t now = timestamp();
  set_end(jump_end_, has_alarm_ && jump_end_ > now ? support::quotient(jump_end_ - now, tsc_khz_) : 0);
  if (has_hpet_) {
    hpet_.set_end(hpet_jump_end_);
  }
}

bool Watchdog::expired() const {
  if (has_hpet_) {
    return hpet_.expired();
  }
  return (has_edges_ && (ticks_left() == 0 || timestamp() >= end_)) ||
         (has_alarm_ && timestamp() >= not_before_);
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
    share(kjump_nmi_not_before, 0);
  }
}

}  // namespace kjump::platform
