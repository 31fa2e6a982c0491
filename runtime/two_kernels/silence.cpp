// SPDX-License-Identifier: MIT
#include "two_kernels/silence.hpp"

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/processor.hpp>
#include <kjump/machine_state.hpp>

#include "disk/pci.hpp"
#include "platform/hpet.hpp"
#include "platform/io_apic.hpp"
#include "platform/pic.hpp"
#include "support/msr.hpp"

namespace kjump::two_kernels {
namespace {

// PCI 3.0, 6.2.1 and 6.2.2, appendix D.
constexpr uint16_t kBusMaster = 1u << 2;
constexpr uint8_t kBaseClassBridge = 0x06;
constexpr uint32_t kClassShift = 24;

// 82093AA, 3.2.4.
constexpr uint64_t kDeliveryMode = 7u << 8;
constexpr uint64_t kDeliverySmi = 2u << 8;

// IA-PC HPET specification 1.0a, 2.3.8.
constexpr uint32_t kFirstTimer = 0x100;
constexpr uint32_t kTimerInterrupts = 1u << 2;
constexpr uint32_t kTimerMessages = 1u << 14;

// A write of memory and a message-signalled interrupt are the same to a device: both take bus mastering. The
// first kernel puts each command register back with the rest of the configuration space it has saved.
bool stop_bus_mastering(const disk::Place& place) {
  const uint16_t command = disk::pci::read16(place, disk::pci::kCommand);
  if ((command & kBusMaster) != 0 &&
      disk::pci::read32(place, disk::pci::kClass) >> kClassShift != kBaseClassBridge) {
    disk::pci::write16(place, disk::pci::kCommand, static_cast<uint16_t>(command & ~kBusMaster));
  }
  return false;
}

// A level interrupt that was never acknowledged would keep its pin shut: an edge in between opens it, as
// Linux does it, too (arch/x86/kernel/apic/io_apic.c: __eoi_ioapic_pin).
void mask_pins(uint32_t base) {
  const platform::IoApic io_apic(base);
  for (uint32_t pin = 0; pin < io_apic.pins(); ++pin) {
    if ((io_apic.read_entry(pin) & kDeliveryMode) != kDeliverySmi) {  // those are firmware's
      io_apic.write_entry(pin, platform::IoApic::kMasked);
    }
  }
}

void stop_timer(void* context, uint32_t offset, uint32_t value) {
  if (offset >= kFirstTimer) {
    platform::write_hpet(*static_cast<const uint32_t*>(context), offset,
                         value & ~(kTimerInterrupts | kTimerMessages));
  }
}

}  // namespace

void silence_machine(const abi::two_kernels::CrossingRequest& request) {
  const uint64_t efer = entry_state().efer;
  if (efer != 0) {  // a reset clears it; an i386 kernel's way back leaves it alone
    write_msr(abi::kMsrEfer, efer & ~uint64_t{abi::kEferLongModeEnable | abi::kEferLongModeActive});
  }
  constexpr uint8_t kAll[2] = {0xFF, 0xFF};
  platform::write_pic_masks(kAll);
  for (const uint32_t base : request.io_apics) {
    mask_pins(base);
  }
  uint32_t hpet = static_cast<uint32_t>(loader_parameters().hpet_base);
  platform::visit_hpet(hpet, stop_timer, &hpet);
  disk::Place unused{};
  static_cast<void>(disk::pci::find(stop_bus_mastering, 0, unused));
}

}  // namespace kjump::two_kernels
