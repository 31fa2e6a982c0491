// SPDX-License-Identifier: MIT
/// Interrupt hardware as firmware expects it, for as long as an object of this class lives.
#pragma once

#include <kjump/abi/exchange.hpp>

#include "platform/local_apic.hpp"
#include "platform/pic.hpp"

namespace kjump::platform {

/// Constructor: note what is there, then TPR up, 8259 to 08h/70h, HPET legacy route off, PIT at 18.2 Hz, A20
/// on. Destructor: all of it back, with A20 on; the 8259 to Linux's vectors, where we are not called by
/// firmware. QEMU's shadow RAM becomes writable and stays so. Interrupts are off before, after and between.
class FirmwareEnvironment {
 public:
  FirmwareEnvironment(uint32_t hpet_base, abi::Door door);
  FirmwareEnvironment(const FirmwareEnvironment&) = delete;
  FirmwareEnvironment& operator=(const FirmwareEnvironment&) = delete;
  ~FirmwareEnvironment();

  /// Adds what was found at entry to `state`.
  void describe(abi::EntryState& state) const;
  /// What is put back in the end is what another machine's kernel left, as described at its entry.
  void become(const abi::EntryState& state);
  /// abi::kHardware* bits.
  [[nodiscard]] uint32_t notes() const;

 private:
  LocalApic apic_;
  uint32_t hpet_base_;
  uint32_t hpet_config_;
  uint32_t task_priority_;
  PicState pic_;
  uint8_t pit_status_;
  bool is_firmwares_;
  bool a20_was_on_;
  bool shadow_ram_was_locked_;
};

}  // namespace kjump::platform
