// SPDX-License-Identifier: MIT
/// The exchange: 64 KiB of physical memory at kExchangeBase through which caller and payload talk.
///
/// Page 0 holds the header below; request, reply and console text follow at the offsets that the
/// caller writes into it. All offsets are bytes from kExchangeBase, all numbers little-endian.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/bulk.hpp>
#include <kjump/abi/contract.hpp>
#include <kjump/abi/fault.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::abi {

inline constexpr uint32_t kExchangeMagic = 0x43584A4B;  // "KJXC"
inline constexpr uint16_t kExchangeVersion = 1;

/// How a jump ended. kPending is what the caller writes; finding it afterwards means that the stub
/// saw a foreign nonce and touched nothing, i.e. refused.
enum class Outcome : uint32_t {
  kPending = 0,
  kReturned = 1,
  kFault = 2,
  kTimeout = 3,
  kRefused = 4,
};

/// The way on which the image got the processor.
enum class Door : uint8_t {
  kUnknown = 0,
  kKexec = 1,  ///< kexec jump: entered in long mode, devices suspended by Linux
  kWake = 2,   ///< woken from ACPI S3: entered in real mode, devices as firmware's resume path left them
  kBoot = 3,   ///< by a boot loader: no Linux has been there since the machine was reset
};

/// Processor and interrupt hardware as the stub found them, before it changed anything. Through the wake
/// door the processor has just been reset: registers that only long mode has are as the reset left them.
struct EntryState {
  uint64_t rsp;
  uint64_t return_address;
  uint64_t rflags;
  uint64_t cr0;
  uint64_t cr3;
  uint64_t cr4;
  uint64_t efer;
  uint64_t gdt_base;
  uint64_t idt_base;
  uint64_t fs_base;
  uint64_t gs_base;
  uint64_t dr7;
  uint64_t apic_base;    ///< IA32_APIC_BASE
  uint64_t hpet_config;  ///< general configuration register; 0 without HPET
  uint16_t gdt_limit;
  uint16_t idt_limit;
  uint16_t cs, ss, ds, es, fs, gs, tr, ldtr;
  uint16_t reserved_selectors[2];
  uint32_t apic_spurious;  ///< SVR
  uint32_t apic_lint0;
  uint32_t apic_lint1;
  uint32_t apic_timer;
  uint32_t apic_tpr;
  uint8_t pic_mask[2];   ///< master, slave
  uint8_t pic_level[2];  ///< ELCR, ports 0x4D0 and 0x4D1
  uint8_t pit_status;    ///< read-back status of channel 0
  uint8_t a20;           ///< 1: on
  uint8_t door;          ///< Door
  uint8_t boot_drive;    ///< kBoot: the boot loader's BIOS drive; 0: unknown
  uint8_t reserved[4];
};

inline constexpr uint32_t kEntryStateBytes = 168;
static_assert(sizeof(EntryState) == kEntryStateBytes);
static_assert(offsetof(EntryState, gdt_limit) == 112 && offsetof(EntryState, pic_mask) == 156);

/// The stacks of a jump.
enum class Stack : uint32_t {
  kSupervisor = 0,
  kPayload = 1,
  kFirmware = 2,  ///< the firmware calls'
};
inline constexpr uint32_t kStacks = 3;

/// How much of a stack was ever used in a jump: its high-water mark.
struct StackMark {
  uint32_t bytes;  ///< of the stack
  uint32_t used;
};

struct ExchangeHeader {
  uint32_t magic;
  uint16_t version;
  uint16_t header_bytes;
  uint64_t nonce;      ///< equals LoaderParameters::nonce of the image that may use it
  uint32_t sequence;   ///< number of this jump in its session, from 1; the caller's
  uint32_t completed;  ///< copied from sequence by the stub when the payload has ended
  uint32_t outcome;    ///< Outcome
  uint32_t status;     ///< what kjump_main returned
  uint32_t request_offset;
  uint32_t request_bytes;
  uint32_t reply_offset;
  uint32_t reply_capacity;
  uint32_t reply_bytes;  ///< the payload's
  uint32_t console_offset;
  uint32_t console_capacity;
  uint32_t console_bytes;     ///< printed in all; only the first console_capacity are kept
  uint32_t deadline_ms;       ///< 0: none
  uint32_t repairs;           ///< kRepair* bits of all firmware calls of this jump
  uint32_t hardware_notes;    ///< kHardware* bits
  uint32_t call_deadline_ms;  ///< of each firmware call that has none of its own; 0: none
  uint64_t tsc_entry;         ///< TSC at the stub's first instructions
  uint64_t tsc_payload;       ///< just before kjump_main
  uint64_t tsc_payload_end;   ///< just after
  uint64_t tsc_exit;          ///< just before the stub goes back up to the caller
  EntryState entry;
  FaultRecord fault;
  Bulk bulk_request;
  Bulk bulk_reply;
  uint64_t bulk_reply_bytes;  ///< the payload's
  uint32_t expired_call;      ///< kTimeout: number of the call whose own deadline it was; 0: the jump's
  uint32_t expired_call_ms;   ///< that deadline
  StackMark stacks[kStacks];
  ContractSummary contract;
};

inline constexpr uint32_t kExchangeHeaderBytes = 656;
static_assert(sizeof(ExchangeHeader) == kExchangeHeaderBytes);
static_assert(offsetof(ExchangeHeader, tsc_entry) == 80 && offsetof(ExchangeHeader, entry) == 112);

inline constexpr uint32_t kHardwareX2apic = 1u << 0;      ///< local APIC was in x2APIC mode
inline constexpr uint32_t kHardwareHpetLegacy = 1u << 1;  ///< HPET legacy routing had to be cleared
inline constexpr uint32_t kHardwareA20WasOff = 1u << 2;   ///< A20 was off at entry
/// RAM at E0000-EFFFF, where firmware keeps its stack, was write-protected
inline constexpr uint32_t kHardwareShadowRamLocked = 1u << 3;

// Records of the contract report, between the header and the request.
inline constexpr uint32_t kContractOffset = 0x400;
inline constexpr uint32_t kContractRecords = 64;
static_assert(kExchangeHeaderBytes <= kContractOffset);

// Places that the sdk's callers use; a payload goes by the header.
inline constexpr uint32_t kRequestOffset = 0x1000;
inline constexpr uint32_t kRequestCapacity = 0x4000;
inline constexpr uint32_t kReplyOffset = 0x5000;
inline constexpr uint32_t kReplyCapacity = 0x8000;
inline constexpr uint32_t kConsoleOffset = 0xD000;
inline constexpr uint32_t kConsoleCapacity = 0x3000;

static_assert(kContractOffset + kContractRecords * kContractRecordBytes <= kRequestOffset);
static_assert(kConsoleOffset + kConsoleCapacity == kExchangeBytes);
static_assert(kRequestOffset + kRequestCapacity <= kReplyOffset);
static_assert(kReplyOffset + kReplyCapacity <= kConsoleOffset);

}  // namespace kjump::abi
