// SPDX-License-Identifier: MIT
/// The deadline of a jump. Two hands hold it: the timer's interrupt, while firmware waits with interrupts on
/// (asm/real_exceptions.asm), and half a second later an NMI, which stops everything else. The tick counts,
/// and looks at the time-stamp counter, since ticks get lost. The NMI comes from an HPET comparator
/// (hpet_nmi.hpp). Physical mode.
///
/// Without an HPET there are two sources. The alarm of the real-time clock, which knows whole seconds only,
/// comes 0.5 to 2.5 s after the deadline, whatever is running. Sooner, in code of a physical-mode payload,
/// come the PIT's edges (pit_edges.hpp). A payload that changes the processor's mode itself would meet one of
/// those where no handler is.
///
/// The tick has the first word because the NMI has a limit: while SeaBIOS runs 32-bit code of its own its IDT
/// is empty, and an NMI resets the machine. Such code that waits lets ticks through.
#pragma once

#include <stdint.h>

#include "platform/hpet_nmi.hpp"
#include "platform/rtc_alarm.hpp"

namespace kjump::platform {

/// What a machine has of them. Bases are physical addresses; base or pin 0: there is none.
struct WatchdogSources {
  uint32_t hpet_base;
  uint32_t io_apic_base;
  uint32_t timer_pin;  ///< where the PIT's edges arrive, if the payload may be guarded by them
  uint32_t clock_pin;  ///< where the real-time clock's IRQ 8 arrives
  uint32_t tsc_khz;    ///< 0: to be measured
};

class Watchdog {
 public:
  /// Armed from here on. `deadline_ms` 0: never. HPET legacy routing must be off, the PIT set for firmware.
  Watchdog(const WatchdogSources& sources, uint32_t deadline_ms);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();  ///< disarmed; timers, clock and I/O APIC as they were

  /// Until end_call() the time is up after `deadline_ms` already, if that is before the jump's deadline.
  /// There has to be a deadline of the jump.
  void begin_call(uint32_t deadline_ms);
  void end_call();
  /// The deadline that holds now if it is a call's, in ms; 0: it is the jump's.
  [[nodiscard]] uint32_t call_deadline_ms() const { return call_deadline_ms_; }

  /// The time is up. Otherwise an NMI came from elsewhere.
  [[nodiscard]] bool expired() const;

 private:
  [[nodiscard]] uint64_t end_in(uint32_t deadline_ms) const;
  void set_end(uint64_t end, uint32_t left_ms);

  HpetNmi hpet_;
  RtcAlarm clock_;
  NmiPin clock_nmi_;
  bool has_hpet_ = false;
  bool has_alarm_ = false;
  bool has_edges_ = false;
  uint32_t tsc_khz_ = 0;  ///< 0: not known
  // Of the time-stamp counter.
  uint64_t end_ = 0;
  uint64_t jump_end_ = 0;    ///< while a call's end holds
  uint64_t not_before_ = 0;  ///< the clock's NMIs have another reason
  uint64_t hpet_jump_end_ = 0;
  uint32_t call_deadline_ms_ = 0;
  uint32_t ticks_lent_ = 0;  ///< what the jump has left, less what the call may take
};

}  // namespace kjump::platform
