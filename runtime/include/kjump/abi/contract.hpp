// SPDX-License-Identifier: MIT
/// The contract report: what a firmware call must leave as it was, and whether it did. The numbers T1 to T70
/// are those of the fact sheet bios_calls.md, where each trap has its source.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::abi {

// Classes: what the caller may ask for, ExchangeHeader::contract.classes.
inline constexpr uint32_t kContractRegisters = 1u
                                               << 0;  ///< what the callee left in registers and stack pointer
inline constexpr uint32_t kContractFlags = 1u << 1;   ///< DF, IF, AC, NT, TF
inline constexpr uint32_t kContractDescriptors = 1u << 2;  ///< GDTR, IDTR
inline constexpr uint32_t kContractControl = 1u << 3;      ///< control registers, EFER, APIC base
inline constexpr uint32_t kContractCaches = 1u << 4;       ///< MTRRs, PAT
inline constexpr uint32_t kContractGates = 1u << 5;        ///< A20, CMOS index
inline constexpr uint32_t kContractInterrupts = 1u << 6;   ///< 8259s, local APIC
inline constexpr uint32_t kContractTimers = 1u << 7;       ///< PIT, HPET
inline constexpr uint32_t kContractMemory = 1u << 8;       ///< IVT, BIOS data areas
inline constexpr uint32_t kContractVideo = 1u << 9;        ///< VGA mode
inline constexpr uint32_t kContractStack = 1u << 10;       ///< how deep the callee's stack went
inline constexpr uint32_t kContractAll = (1u << 11) - 1;

/// One thing that is compared.
enum class ContractLine : uint16_t {
  kRegisterHigh,     ///< high half of a general register; index: its offset in FirmwareRegisters
  kSegmentRegister,  ///< DS, FS or GS; index likewise
  kStackHigh,        ///< high half of ESP at the callee's return
  kStackPointer,     ///< SS:SP there; segment in the high half
  kDirectionFlag,
  kInterruptFlag,  ///< after an INT: not what the caller had
  kSystemFlags,    ///< index: bit number in EFLAGS
  kGdtr,           ///< base in the low 32 bits, limit above
  kIdtr,
  kCr0,
  kCr3,
  kCr4,
  kEfer,
  kApicBase,
  kMtrr,  ///< index: number of the MSR
  kPat,
  kA20,
  kCmosIndex,  ///< what port 71h gives: before, and now
  kPicMask,    ///< index: 0 for the first 8259, 1 for the second
  kPicLevel,   ///< likewise, ELCR
  kLocalApic,  ///< index: offset of the register
  kPitMode,    ///< channel 0's control word
  kHpet,       ///< index: offset of the register
  kIvt,        ///< index: number of the vector
  kBiosData,   ///< index: offset in the BIOS data area
  kExtendedBiosData,
  kVga,            ///< index: port, or port << 8 | index
  kFirmwareStack,  ///< used by the callee beyond kContractStackBytes
};
inline constexpr uint32_t kContractLines = 28;

struct ContractRule {
  ContractLine line;
  uint32_t in_class;
  uint16_t trap;  ///< its number in bios_calls.md
};

/// In the order of ContractLine.
inline constexpr ContractRule kContractRules[kContractLines] = {
    {ContractLine::kRegisterHigh, kContractRegisters, 15},
    {ContractLine::kSegmentRegister, kContractRegisters, 15},
    {ContractLine::kStackHigh, kContractRegisters, 19},
    {ContractLine::kStackPointer, kContractRegisters, 24},
    {ContractLine::kDirectionFlag, kContractFlags, 16},
    {ContractLine::kInterruptFlag, kContractFlags, 17},
    {ContractLine::kSystemFlags, kContractFlags, 17},
    {ContractLine::kGdtr, kContractDescriptors, 6},
    {ContractLine::kIdtr, kContractDescriptors, 6},
    {ContractLine::kCr0, kContractControl, 13},
    {ContractLine::kCr3, kContractControl, 8},
    {ContractLine::kCr4, kContractControl, 8},
    {ContractLine::kEfer, kContractControl, 64},
    {ContractLine::kApicBase, kContractControl, 30},
    {ContractLine::kMtrr, kContractCaches, 46},
    {ContractLine::kPat, kContractCaches, 64},
    {ContractLine::kA20, kContractGates, 44},
    {ContractLine::kCmosIndex, kContractGates, 33},
    {ContractLine::kPicMask, kContractInterrupts, 26},
    {ContractLine::kPicLevel, kContractInterrupts, 26},
    {ContractLine::kLocalApic, kContractInterrupts, 30},
    {ContractLine::kPitMode, kContractTimers, 31},
    {ContractLine::kHpet, kContractTimers, 31},
    {ContractLine::kIvt, kContractMemory, 39},
    {ContractLine::kBiosData, kContractMemory, 40},
    {ContractLine::kExtendedBiosData, kContractMemory, 38},
    {ContractLine::kVga, kContractVideo, 54},
    {ContractLine::kFirmwareStack, kContractStack, 22},
};

[[nodiscard]] constexpr bool contract_rules_are_ordered() {
  for (uint32_t i = 0; i < kContractLines; ++i) {
    if (static_cast<uint32_t>(kContractRules[i].line) != i) {
      return false;
    }
  }
  return true;
}
static_assert(contract_rules_are_ordered() && kContractLines <= 32,
              "ContractSummary::skipped has a bit each");

inline constexpr uint16_t kContractRepaired = 1u << 0;  ///< it is again what it was
/// Data rather than a breach: the service is meant to change it, or it lives by itself (tick count, cursor).
inline constexpr uint16_t kContractExpected = 1u << 1;

/// One change.
struct ContractRecord {
  uint64_t before;
  uint64_t after;
  uint32_t call;   ///< number of the firmware call in this jump, from 1; 0: it happened outside of calls
  uint32_t index;  ///< which of its kind, see ContractLine
  uint32_t eax;    ///< the call's
  uint16_t line;   ///< ContractLine
  uint16_t flags;  ///< kContractRepaired, kContractExpected
  uint16_t kind;   ///< CallKind
  uint16_t vector;
  uint16_t target_offset, target_segment;
  uint16_t bytes;  ///< of before and after: 1 to 8
  uint16_t reserved[3];
};

inline constexpr uint32_t kContractRecordBytes = 48;
static_assert(sizeof(ContractRecord) == kContractRecordBytes && offsetof(ContractRecord, call) == 16);

/// In the exchange's header; the records are at kContractOffset.
struct ContractSummary {
  uint32_t classes;  ///< the caller's
  uint32_t records;  ///< that are there
  uint32_t dropped;  ///< changes for which there was no room
  uint32_t skipped;  ///< bit n: line n cannot be compared on this machine
};

/// Records that are data take no more than this, so that they cannot push out breaches.
inline constexpr uint32_t kContractDataRecords = 24;

/// What other callers of firmware give it for a stack at most (T22): a callee that needs more is worth
/// knowing.
inline constexpr uint32_t kContractStackBytes = 0x1000;

/// How much of the extended BIOS data area is compared.
inline constexpr uint32_t kContractEbdaBytes = 0x1000;

}  // namespace kjump::abi
