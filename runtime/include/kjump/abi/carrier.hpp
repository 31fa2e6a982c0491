// SPDX-License-Identifier: MIT
/// The vm target's carrier: a Multiboot program that stands in for Linux in a bare virtual machine.
///
/// It gets a plan as its only Multiboot module: CarrierPlan, then piece_count CarrierPiece records,
/// then the content of all pieces one after the other. It lays the pieces out, jumps as often as
/// asked, keeps a copy of the exchange after each jump, and leaves through QEMU's isa-debug-exit.
/// The host reads CarrierResult and the copies from guest memory, which is a shared file.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/layout.hpp>

namespace kjump::abi {

inline constexpr uint32_t kCarrierMagic = 0x43414A4B;      // "KJAC"
inline constexpr uint32_t kCarrierResultBase = 0x2000000;  // 32 MiB: CarrierResult
inline constexpr uint32_t kCarrierCopyBase = 0x2010000;    // copies of the exchange, 64 KiB each
inline constexpr uint32_t kCarrierBulkBase = 0x4000000;    // 64 MiB: bulk request and reply, from the host
// The carrier's stand-in for the kernel's GDT; the loader's parameters name it as the kernel's.
inline constexpr uint32_t kCarrierGdtBase = 0x1F00000;  // 31 MiB
inline constexpr uint16_t kCarrierGdtLimit = 0x7F;
inline constexpr uint16_t kCarrierTss = 0x40;             // Linux's GDT_ENTRY_TSS * 8
inline constexpr uint32_t kCarrierHpetBase = 0xFED00000;  // QEMU pc and q35
inline constexpr uint32_t kCarrierIoApicBase = 0xFEC00000;
inline constexpr uint8_t kCarrierTimerPin = 2;  // of the PIT
// Linux accepts interrupt classes from 1 up (arch/x86/kernel/apic/apic.c: setup_local_APIC).
inline constexpr uint32_t kCarrierTaskPriority = 0x10;
inline constexpr uint32_t kCarrierMaxJumps = 256;
inline constexpr uint32_t kCarrierMinMemoryMib = 64;

// isa-debug-exit: QEMU exits with value * 2 + 1. None of these collides with QEMU's own exit codes
// (0 after a reset with -no-reboot, 1 for bad options; models_and_style.md section 7).
inline constexpr uint16_t kDebugExitPort = 0xF4;
inline constexpr uint8_t kDebugExitDone = 0x10;    // QEMU exits with 33
inline constexpr uint8_t kDebugExitFailed = 0x11;  // QEMU exits with 35

struct CarrierPlan {
  uint32_t magic;
  uint32_t piece_count;
  uint64_t nonce;  ///< echoed in CarrierResult, so that stale memory cannot pass for a result
  uint32_t entry;  ///< physical address of the image's kexec entry
  uint32_t jumps;
  uint32_t header_address;  ///< of the exchange header, reset before every jump; 0: standalone image
  uint32_t memory_map;      ///< address of the image's MemoryMap, for the carrier to fill in; 0: none
  uint32_t hpet_base;       ///< kCarrierHpetBase; 0: the machine has none
  uint32_t reserved;
};

struct CarrierPiece {
  uint32_t address;       ///< physical
  uint32_t memory_bytes;  ///< cleared beyond content_bytes
  uint32_t content_bytes;
  uint32_t reserved;
};

/// Breaches of the return contract (kexec_jump.md 1.5), checked after every jump.
inline constexpr uint32_t kBreachCs = 1u << 0;     ///< CS is not 0x10
inline constexpr uint32_t kBreachCr0Wp = 1u << 1;  ///< CR0.WP is clear
inline constexpr uint32_t kBreachCr4 = 1u << 2;    ///< CR4 differs from entry
inline constexpr uint32_t kBreachEfer = 1u << 3;   ///< EFER differs from entry
inline constexpr uint32_t kBreachFlags = 1u << 4;  ///< DF or IF is set
inline constexpr uint32_t kBreachGdt = 1u << 5;    ///< GDTR is not the "kernel's" GDT
inline constexpr uint32_t kBreachR11 = 1u << 6;    ///< R11 is zero
inline constexpr uint32_t kBreachSlot = 1u << 7;   ///< [RSP] is not a plausible next entry
inline constexpr uint32_t kBreachTpr = 1u << 8;    ///< local APIC TPR differs from entry
inline constexpr uint32_t kBreachPic = 1u << 9;    ///< 8259 masks or ELCR differ from entry
inline constexpr uint32_t kBreachHpet = 1u << 10;  ///< HPET configuration differs from entry

struct CarrierResult {
  uint32_t magic;
  uint32_t jumps_done;
  uint64_t nonce;
  uint32_t breaches;  ///< kBreach* bits of all jumps together
  uint32_t error;     ///< 0, or a kCarrierError* value
  uint64_t gdt_base;  ///< linear address of the carrier's "kernel" GDT
  struct {
    uint64_t tsc_before;  ///< just before the jump
    uint64_t tsc_after;   ///< just after it came back
  } jump[kCarrierMaxJumps];
};

inline constexpr uint32_t kCarrierErrorPlan = 1;  ///< the module is missing or malformed

static_assert(sizeof(CarrierPlan) == 40 && sizeof(CarrierPiece) == 16);
static_assert(offsetof(CarrierResult, jump) == 32);
static_assert(kCarrierResultBase + sizeof(CarrierResult) <= kCarrierCopyBase);
static_assert(kCarrierCopyBase + kCarrierMaxJumps * kExchangeBytes <= kCarrierBulkBase);

}  // namespace kjump::abi
