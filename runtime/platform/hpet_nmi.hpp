// SPDX-License-Identifier: MIT
/// An HPET comparator as a one-shot timer that ends in an NMI (kexec_jump.md section 12). Physical mode.
#pragma once

#include <stdint.h>

#include "platform/nmi_pin.hpp"

namespace kjump::platform {

class HpetNmi {
 public:
  /// Finds a comparator that reaches a pin of the I/O APIC above the ISA lines. `base` is the physical
  /// address of the HPET's registers, 0: there is none. False: nothing was changed.
  [[nodiscard]] bool choose(uint32_t base, const IoApic& io_apic);
  /// The comparator is set and the pin connected. choose() has found one.
  void arm(uint32_t delay_ms);
  /// Comparator, I/O APIC and HPET as they were.
  void disarm();

  /// When it rings, of the main counter.
  [[nodiscard]] uint64_t end() const { return end_; }
  [[nodiscard]] uint64_t end_in(uint32_t delay_ms) const;
  void set_end(uint64_t end);
  [[nodiscard]] bool expired() const;

 private:
  bool choose_pin(uint32_t pins);

  uint32_t base_ = 0;
  uint32_t timer_ = 0;  ///< address of the comparator's registers
  uint32_t pin_ = 0;
  NmiPin nmi_;
  IoApic io_apic_{0};
  uint64_t end_ = 0;
  uint32_t ticks_per_ms_ = 0;
  uint32_t hpet_config_before_ = 0;
  uint32_t timer_config_before_ = 0;
  uint64_t comparator_before_ = 0;
};

}  // namespace kjump::platform
