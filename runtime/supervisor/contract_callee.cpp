// SPDX-License-Identifier: MIT
// What a callee left in the processor when it came back, as the thunk has noted it.
#include <stddef.h>

#include <kjump/abi/layout.hpp>
#include <kjump/abi/processor.hpp>

#include "supervisor/contract_report.hpp"
#include "supervisor/firmware_return.hpp"

namespace kjump::supervisor {

namespace {

using abi::ContractLine;

constexpr uint32_t kSystemFlags = abi::kFlagsTrap | abi::kFlagsNestedTask | abi::kFlagsAlignmentCheck;

}  // namespace

// Services that answer in whole 32-bit registers: memory map, PCI BIOS, TCG BIOS.
bool ContractReport::answers_in_32_bits() const {
  const uint32_t ax = given_.registers.eax & 0xFFFF;
  return (given_is_interrupt(0x15) && (ax == 0xE820 || ax == 0xE881)) ||
         (given_is_interrupt(0x1A) && (ax >> 8 == 0xB1 || ax >> 8 == 0xBB));
}

// The caller gets registers as the callee left them: nothing is repaired here.
void ContractReport::compare_registers(const abi::FirmwareRegisters& left) {
  struct Pair {
    uint32_t offset, before, after;
  };
  const abi::FirmwareRegisters& given = given_.registers;
  const Pair wide[] = {{offsetof(abi::FirmwareRegisters, eax), given.eax, left.eax},
                       {offsetof(abi::FirmwareRegisters, ebx), given.ebx, left.ebx},
                       {offsetof(abi::FirmwareRegisters, ecx), given.ecx, left.ecx},
                       {offsetof(abi::FirmwareRegisters, edx), given.edx, left.edx},
                       {offsetof(abi::FirmwareRegisters, esi), given.esi, left.esi},
                       {offsetof(abi::FirmwareRegisters, edi), given.edi, left.edi},
                       {offsetof(abi::FirmwareRegisters, ebp), given.ebp, left.ebp}};
  for (const Pair& pair : wide) {
    if (((pair.before ^ pair.after) >> 16) != 0) {
      add(ContractLine::kRegisterHigh, pair.offset, pair.before, pair.after, 4,
          answers_in_32_bits() ? abi::kContractExpected : 0);
    }
  }
  const Pair segments[] = {{offsetof(abi::FirmwareRegisters, ds), given.ds, left.ds},
                           {offsetof(abi::FirmwareRegisters, fs), given.fs, left.fs},
                           {offsetof(abi::FirmwareRegisters, gs), given.gs, left.gs}};
  for (const Pair& pair : segments) {
    if (pair.before != pair.after) {
      add(ContractLine::kSegmentRegister, pair.offset, pair.before, pair.after, 2, 0);
    }
  }
  const FirmwareReturn back = firmware_return();
  if (back.esp >> 16 != 0) {
    add(ContractLine::kStackHigh, 0, 0, back.esp >> 16, 2, abi::kContractRepaired);
  }
  const uint32_t sp = left.stack & 0xFFFF;
  if (left.stack >> 16 != abi::kRealSegment || (sp != back.expected_sp[0] && sp != back.expected_sp[1])) {
    add(ContractLine::kStackPointer, 0, abi::kRealSegment << 16 | back.expected_sp[1], left.stack, 4,
        abi::kContractRepaired);
  }
}

// INT takes IF, TF and AC away for the callee, its IRET brings IF back. System flags: only those that were
// not there.
void ContractReport::compare_flags(uint32_t left) {
  const uint32_t given = given_.registers.eflags;
  const auto compare = [&](ContractLine line, uint32_t bit) {
    if (((given ^ left) & bit) != 0) {
      add(line, static_cast<uint32_t>(__builtin_ctz(bit)), (given & bit) != 0 ? 1 : 0,
          (left & bit) != 0 ? 1 : 0, 1, abi::kContractRepaired);
    }
  };
  compare(ContractLine::kDirectionFlag, abi::kFlagsDirection);
  compare(ContractLine::kInterruptFlag, abi::kFlagsInterrupt);
  for (uint32_t rest = left & ~given & kSystemFlags; rest != 0; rest &= rest - 1) {
    compare(ContractLine::kSystemFlags, rest & -rest);
  }
}

void ContractReport::compare_descriptors() {
  const FirmwareReturn back = firmware_return();
  if (back.gdtr != back.expected_gdtr) {
    add(ContractLine::kGdtr, 0, back.expected_gdtr, back.gdtr, 6, abi::kContractRepaired);
  }
  if (back.idtr != back.expected_idtr) {
    add(ContractLine::kIdtr, 0, back.expected_idtr, back.idtr, 6, abi::kContractRepaired);
  }
}

// What the thunk has repaired already.
void ContractReport::compare_thunk(uint32_t repairs) {
  if (wants(abi::kContractGates) && (repairs & abi::kRepairA20) != 0) {
    add(ContractLine::kA20, 0, 1, 0, 1, abi::kContractRepaired);
  }
  if (!wants(abi::kContractInterrupts) || (repairs & abi::kRepairPicMask) == 0) {
    return;
  }
  const FirmwareReturn back = firmware_return();
  for (uint32_t i = 0; i < 2; ++i) {
    const uint32_t before = back.expected_pic_masks >> 8 * i & 0xFF;
    const uint32_t after = back.pic_masks >> 8 * i & 0xFF;
    if (before != after) {
      add(ContractLine::kPicMask, i, before, after, 1, abi::kContractRepaired);
    }
  }
}

}  // namespace kjump::supervisor
