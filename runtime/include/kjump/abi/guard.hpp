// SPDX-License-Identifier: MIT
/// The guard over a second kernel: another processor, which takes the boot processor away from it when it is
/// overdue (docs/two-kernels.md). Its program, its data and its stack are one page.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/layout.hpp>
#include <kjump/abi/two_kernels.hpp>

namespace kjump::abi::two_kernels {

// No image may lie so high, and the second kernel owns nothing from kLowMemoryEnd on: whatever either jumps
// into, the guard's page stays. Above it comes the kernels' start-up code for processors.
inline constexpr uint32_t kGuardBase = kCrashRecordBase + kPageBytes;
inline constexpr uint32_t kStartUpCodeBytes = 0x7000;
static_assert(kGuardBase >= kImageEnd && kGuardBase >= kLowMemoryEnd);
static_assert(kGuardBase + kPageBytes + kStartUpCodeBytes <= kCrashRecordNeedsEnd);

enum class GuardState : uint32_t {
  kOff = 0,
  kStarting = 1,
  kArmed = 2,
  kOverdue = 3,  ///< the guard has fired; the boot processor is on its way
  kLanded = 4,
};

/// At kGuardBlock, above the guard's stack. Who changes `state` from kArmed does so by a locked exchange: the
/// second kernel's way back and the guard may meet.
struct GuardBlock {
  uint32_t state;       ///< GuardState
  uint32_t watched;     ///< APIC id of the boot processor
  uint64_t ticks;       ///< of the guard's time-stamp counter, from its start to the deadline
  uint64_t end;         ///< the guard's: when that is
  uint32_t ticks_a_ms;  ///< of the same counter
  uint32_t naps;        ///< 1: its local timer wakes it from HLT; 0: it spins
  uint64_t snapshot;    ///< physical address
  uint32_t point_esp;   ///< where the payload goes on when the processor has landed
  uint32_t point_eip;
};

inline constexpr uint32_t kGuardBlockBytes = 48;
static_assert(sizeof(GuardBlock) == kGuardBlockBytes);
inline constexpr uint32_t kGuardBlock = kGuardBase + kPageBytes - kGuardBlockBytes;
inline constexpr uint32_t kGuardStackBytes = 0x200;
inline constexpr uint32_t kGuardProgramEnd = kGuardBlock - kGuardStackBytes;
static_assert(kGuardBase % kPageBytes == 0, "a start-up IPI names a page");

// What is kept of the jump, to go on with it as if nothing had happened since: code, data and stacks in use
// of a physical-mode image, the exchange's header, and the page of interrupt vectors and BIOS data: a payload
// that the second kernel ran when it was stopped has left its handlers there.
inline constexpr uint32_t kSnapshotRealBytes = kSupervisorStackTop;
inline constexpr uint32_t kSnapshotHeaderBytes = kPageBytes;
inline constexpr uint32_t kSnapshotFlatBytes = kFlatEnd - kFlatBase;
inline constexpr uint32_t kSnapshotVectorBytes = kPageBytes;
inline constexpr uint32_t kSnapshotBytes =
    kSnapshotRealBytes + kSnapshotHeaderBytes + kSnapshotFlatBytes + kSnapshotVectorBytes;
static_assert(kHandOffBase >= kSnapshotVectorBytes);
static_assert(sizeof(ExchangeHeader) <= kSnapshotHeaderBytes);
// It is reached through page tables, and put back on a stack, that lie where none of it does: in the stacks
// of firmware calls, but for their lowest words, which the supervisor watches.
inline constexpr uint32_t kLandingStackTop = kPageTablesBase + 2 * kPageBytes;
inline constexpr uint32_t kGuardTables = kLandingStackTop;  ///< page directory, then its table of pointers
static_assert(kPageTablesBase >= kRealBase + kSnapshotRealBytes);
static_assert(kGuardTables > kRealBase + kRealStackTop);
static_assert(kGuardTables + 2 * kPageBytes <= kPageTablesBase + kPageTablesBytes);

// The AT's way back from a reset: a byte of CMOS memory tells the BIOS to jump to where 40:67 points, without
// an end of interrupt (Ralf Brown's CMOS list, 0Fh; SeaBIOS src/resume.c).
inline constexpr uint8_t kCmosShutdown = 0x0F;
inline constexpr uint8_t kShutdownJump = 0x0A;
inline constexpr uint32_t kWarmResetVector = 0x467;

}  // namespace kjump::abi::two_kernels
