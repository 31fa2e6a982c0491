// SPDX-License-Identifier: MIT
/// The deadline of a jump. Two hands hold it: the timer's interrupt, which counts ticks while firmware waits
/// with interrupts on (asm/real_exceptions.asm), and a little later an NMI, which stops everything else. The
/// NMI comes from an HPET comparator through the I/O APIC (kexec_jump.md section 12). Physical mode.
///
/// Without an HPET the PIT is the source: each of its edges, 18.2 a second, is an NMI as well as the BIOS's
/// IRQ 0, and its handler counts down (asm/exceptions.asm, asm/real_exceptions.asm). Only payload code is
/// guarded so, and only in physical mode: around a firmware call the pin is masked, and there the tick
/// counts. A payload that changes the processor's mode itself would meet an NMI where no handler is.
///
/// The tick has the first word because the NMI has a limit: while SeaBIOS runs 32-bit code of its own its IDT
/// is empty, and an NMI resets the machine. Such code that waits lets ticks through.
#pragma once

#include <stdint.h>

#include "platform/io_apic.hpp"

namespace kjump::platform {

class Watchdog {
 public:
  /// Armed from here on. `deadline_ms` 0: never. Bases are physical addresses, 0: there is none; so is
  /// `timer_pin` 0. HPET legacy routing must be off, the PIT set for firmware.
  Watchdog(uint32_t hpet_base, uint32_t io_apic_base, uint32_t timer_pin, uint32_t deadline_ms);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();  ///< disarmed; comparator and I/O APIC as they were

  /// Until end_call() the time is up after `deadline_ms` already, if that is before the jump's deadline.
  /// There has to be a deadline of the jump.
  void begin_call(uint32_t deadline_ms);
  void end_call();
  /// The deadline that holds now if it is a call's, in ms; 0: it is the jump's.
  [[nodiscard]] uint32_t call_deadline_ms() const { return call_deadline_ms_; }

  /// The time is up. Otherwise an NMI came from elsewhere.
  [[nodiscard]] bool expired() const;
  /// There is something that can raise an NMI.
  [[nodiscard]] bool has_nmi() const { return pin_ != kNoPin; }

 private:
  static constexpr uint32_t kNoPin = 0xFFFFFFFF;

  bool choose_comparator();
  bool choose_pin(uint32_t pins);
  void arm(uint32_t deadline_ms);
  void set_end(uint64_t end);
  void count_edges(uint32_t pin);

  uint32_t hpet_base_;
  IoApic io_apic_;
  uint32_t timer_ = 0;  ///< address of the comparator's registers; 0: the PIT is the source
  uint32_t pin_ = kNoPin;
  uint64_t end_ = 0;  ///< of the main counter
  uint32_t ticks_per_ms_ = 0;
  uint32_t call_deadline_ms_ = 0;
  uint32_t ticks_lent_ = 0;  ///< what the jump has left, less what the call may take
  uint64_t jump_end_ = 0;    ///< of the main counter
  uint64_t entry_before_ = 0;
  uint32_t hpet_config_before_ = 0;
  uint32_t timer_config_before_ = 0;
  uint64_t comparator_before_ = 0;
};

}  // namespace kjump::platform
