// SPDX-License-Identifier: MIT
/// A pin of the I/O APIC whose edges are NMIs of this processor for a while. Physical mode.
#pragma once

#include <stdint.h>

#include "platform/io_apic.hpp"
#include "platform/local_apic.hpp"

namespace kjump::platform {

class NmiPin {
 public:
  constexpr NmiPin() : io_apic_(0) {}

  void connect(const IoApic& io_apic, uint32_t pin) {
    io_apic_ = io_apic;
    pin_ = pin;
    entry_before_ = io_apic_.read_entry(pin_);
    io_apic_.write_entry(pin_, IoApic::nmi_for(LocalApic().id()));
  }
  /// The entry as it was.
  void disconnect() const { io_apic_.write_entry(pin_, entry_before_); }
  /// On return no NMI of this pin is under way.
  void pause() const { io_apic_.set_mask(pin_, true); }
  void resume() const { io_apic_.set_mask(pin_, false); }

 private:
  IoApic io_apic_;
  uint32_t pin_ = 0;
  uint64_t entry_before_ = 0;
};

}  // namespace kjump::platform
