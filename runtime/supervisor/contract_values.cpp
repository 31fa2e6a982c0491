// SPDX-License-Identifier: MIT
#include "supervisor/contract_values.hpp"

#include <kjump/abi/processor.hpp>

#include "platform/a20.hpp"
#include "platform/control_registers.hpp"
#include "platform/hpet.hpp"
#include "platform/local_apic.hpp"
#include "platform/memory_types.hpp"
#include "platform/pic.hpp"
#include "platform/pit.hpp"
#include "platform/vga_registers.hpp"
#include "support/msr.hpp"

namespace kjump::supervisor {

namespace {

using abi::ContractLine;

// What changes an APIC's state for good, so that writing it back repairs nothing (SDM volume 3, 10.4.3).
constexpr uint64_t kApicMode = 3u << 10;

/// Hands values on to the caller's function, unless their line is skipped.
struct Out {
  VisitValue visit;
  void* context;
  uint32_t skipped;

  [[nodiscard]] bool wants(ContractLine line) const {
    return (skipped >> static_cast<uint32_t>(line) & 1) == 0;
  }
  void put(ContractLine line, uint32_t index, uint64_t value, uint16_t bytes) const {
    if (wants(line)) {
      visit(context, {line, index, value, bytes});
    }
  }
};

const Out& out(void* context) {
  return *static_cast<const Out*>(context);
}

void visit_control(const Out& to) {
  to.put(ContractLine::kCr0, 0, platform::read_cr0(), 4);
  to.put(ContractLine::kCr3, 0, platform::read_cr3(), 4);
  to.put(ContractLine::kCr4, 0, platform::read_cr4(), 4);
  to.put(ContractLine::kEfer, 0, kjump_read_efer(), 8);
  to.put(ContractLine::kApicBase, 0, read_msr(abi::kMsrApicBase), 8);
}

void visit_caches(Out& to) {
  if (to.wants(ContractLine::kMtrr)) {
    platform::visit_mtrrs(
        [](void* context, uint32_t msr) { out(context).put(ContractLine::kMtrr, msr, read_msr(msr), 8); },
        &to);
  }
  if (to.wants(ContractLine::kPat)) {
    to.put(ContractLine::kPat, platform::kMsrPat, read_msr(platform::kMsrPat), 8);
  }
}

void visit_interrupts(Out& to) {
  const platform::PicState pic = platform::read_pic();
  for (uint32_t i = 0; i < 2; ++i) {
    to.put(ContractLine::kPicMask, i, pic.mask[i], 1);
    to.put(ContractLine::kPicLevel, i, pic.level[i], 1);
  }
  if (to.wants(ContractLine::kLocalApic)) {
    platform::LocalApic().visit_registers(
        [](void* context, uint32_t offset, uint32_t value) {
          out(context).put(ContractLine::kLocalApic, offset, value, 4);
        },
        &to);
  }
}

void visit_timers(Out& to, uint32_t hpet_base) {
  to.put(ContractLine::kPitMode, 0, platform::read_pit_status() & platform::kPitControlWord, 1);
  if (to.wants(ContractLine::kHpet)) {
    platform::visit_hpet(
        hpet_base,
        [](void* context, uint32_t offset, uint32_t value) {
          out(context).put(ContractLine::kHpet, offset, value, 4);
        },
        &to);
  }
}

void restore_pic(const ContractValue& value) {
  platform::PicState pic = platform::read_pic();
  if (value.line == ContractLine::kPicMask) {
    pic.mask[value.index & 1] = static_cast<uint8_t>(value.value);
    platform::write_pic_masks(pic.mask);
  } else {
    pic.level[value.index & 1] = static_cast<uint8_t>(value.value);
    platform::write_pic_levels(pic.level);
  }
}

bool restore_apic_base(uint64_t value) {
  if (((value ^ read_msr(abi::kMsrApicBase)) & kApicMode) != 0) {
    return false;
  }
  write_msr(abi::kMsrApicBase, value);
  return true;
}

}  // namespace

void visit_values(uint32_t classes, uint32_t skipped, uint32_t hpet_base, VisitValue visit, void* context) {
  Out to{visit, context, skipped};
  if ((classes & abi::kContractControl) != 0) {
    visit_control(to);
  }
  if ((classes & abi::kContractCaches) != 0) {
    visit_caches(to);
  }
  if ((classes & abi::kContractGates) != 0) {
    to.put(ContractLine::kA20, 0, platform::a20_is_on() ? 1 : 0, 1);
  }
  if ((classes & abi::kContractInterrupts) != 0) {
    visit_interrupts(to);
  }
  if ((classes & abi::kContractTimers) != 0) {
    visit_timers(to, hpet_base);
  }
  if ((classes & abi::kContractVideo) != 0) {
    platform::visit_vga([](void* inner, uint32_t which,
                           uint8_t value) { out(inner).put(ContractLine::kVga, which, value, 1); },
                        &to);
  }
}

uint32_t missing_values(uint32_t hpet_base) {
  const auto bit = [](ContractLine line) { return 1u << static_cast<uint32_t>(line); };
  return (platform::has_mtrrs() ? 0 : bit(ContractLine::kMtrr)) |
         (platform::has_pat() ? 0 : bit(ContractLine::kPat)) |
         (hpet_base != 0 ? 0 : bit(ContractLine::kHpet)) |
         (platform::LocalApic().enabled() ? 0 : bit(ContractLine::kLocalApic));
}

bool restore(const ContractValue& value, uint32_t hpet_base) {
  const auto low = static_cast<uint32_t>(value.value);
  switch (value.line) {
    case ContractLine::kCr0:
      platform::write_cr0(low);
      return true;
    case ContractLine::kCr3:
      platform::write_cr3(low);
      return true;
    case ContractLine::kCr4:
      platform::write_cr4(low);
      return true;
    case ContractLine::kEfer:
      write_msr(abi::kMsrEfer, value.value);
      return true;
    case ContractLine::kApicBase:
      return restore_apic_base(value.value);
    case ContractLine::kMtrr:
      platform::write_mtrr(value.index, value.value);
      return true;
    case ContractLine::kPat:
      write_msr(platform::kMsrPat, value.value);
      return true;
    case ContractLine::kPicMask:
    case ContractLine::kPicLevel:
      restore_pic(value);
      return true;
    case ContractLine::kLocalApic:
      platform::LocalApic().write(value.index, low);
      return true;
    case ContractLine::kPitMode:
      platform::restore_pit(static_cast<uint8_t>(low));
      return true;
    case ContractLine::kHpet:
      platform::write_hpet(hpet_base, value.index, low);
      return true;
    default:
      return false;  // the thunk has done it, or it is firmware's
  }
}

}  // namespace kjump::supervisor
