// SPDX-License-Identifier: MIT
#include "platform/firmware_environment.hpp"

#include "platform/a20.hpp"
#include "platform/hpet.hpp"
#include "platform/pit.hpp"
#include "platform/shadow_ram.hpp"

namespace kjump::platform {

namespace {

// A local interrupt that got through to real mode would be answered by a BIOS handler that knows no EOI for
// the local APIC; its in-service bit would then block Linux's own interrupts for good (kexec_jump.md 12).
// ExtINT through LINT0 is not subject to the task priority.
constexpr uint32_t kHighestPriority = 0xFF;

}  // namespace

FirmwareEnvironment::FirmwareEnvironment(uint32_t hpet_base, abi::Door door)
    : hpet_base_(hpet_base),
      hpet_config_(read_hpet_config(hpet_base)),
      task_priority_(apic_.read(kApicTaskPriority)),
      pic_(read_pic()),
      pit_status_(read_pit_status()),
      is_firmwares_(door == abi::Door::kBoot),
      a20_was_on_(a20_is_on()),
      shadow_ram_was_locked_(unlock_shadow_ram()) {
  apic_.write(kApicTaskPriority, kHighestPriority);
  if (!a20_was_on_) {
    kjump_enable_a20();
  }
  write_hpet_config(hpet_base_, hpet_config_ & ~kHpetLegacyRoute);
  set_pit_for_firmware();
  set_pic_for_firmware();
}

FirmwareEnvironment::~FirmwareEnvironment() {
  if (is_firmwares_) {
    put_pic_back(pic_);
  } else {
    set_pic_for_linux(pic_);
  }
  restore_pit(pit_status_);
  write_hpet_config(hpet_base_, hpet_config_);
  apic_.write(kApicTaskPriority, task_priority_);
}

void FirmwareEnvironment::describe(abi::EntryState& state) const {
  state.apic_base = apic_.base_msr();
  state.apic_spurious = apic_.read(kApicSpurious);
  state.apic_lint0 = apic_.read(kApicLint0);
  state.apic_lint1 = apic_.read(kApicLint1);
  state.apic_timer = apic_.read(kApicTimer);
  state.apic_tpr = task_priority_;
  state.hpet_config = hpet_config_;
  state.pic_mask[0] = pic_.mask[0];
  state.pic_mask[1] = pic_.mask[1];
  state.pic_level[0] = pic_.level[0];
  state.pic_level[1] = pic_.level[1];
  state.pit_status = pit_status_;
  state.a20 = a20_was_on_ ? 1 : 0;
}

// The local APIC's other registers and the HPET's, where this machine's loader told of none, are that
// kernel's own business: it sets them up anew (hibernation_prototype.md 3).
void FirmwareEnvironment::become(const abi::EntryState& state) {
  is_firmwares_ = false;
  task_priority_ = state.apic_tpr;
  hpet_config_ = static_cast<uint32_t>(state.hpet_config);
  pit_status_ = state.pit_status;
  pic_ = {{state.pic_mask[0], state.pic_mask[1]}, {state.pic_level[0], state.pic_level[1]}};
}

uint32_t FirmwareEnvironment::notes() const {
  return (apic_.x2apic() ? abi::kHardwareX2apic : 0) |
         ((hpet_config_ & kHpetLegacyRoute) != 0 ? abi::kHardwareHpetLegacy : 0) |
         (a20_was_on_ ? 0 : abi::kHardwareA20WasOff) |
         (shadow_ram_was_locked_ ? abi::kHardwareShadowRamLocked : 0);
}

}  // namespace kjump::platform
