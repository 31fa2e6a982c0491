// SPDX-License-Identifier: MIT
/// Physical memory map of a jump. Every number here is a physical address below 640 KiB, in bytes.
///
/// NASM sees these constants through the generated abi.inc, the linker through --defsym, the sdk by
/// including this file: no address is typed anywhere else. Linux 5.13 and later keeps nothing below
/// 1 MiB but its CPU start-up code, which sits just under the EBDA (kexec_jump.md section 7).
#pragma once

#include <stdint.h>

namespace kjump::abi {

inline constexpr uint32_t kPageBytes = 0x1000;

// One 64 KiB real-mode segment: 16-bit half of the stub, real-mode payload, stacks.
inline constexpr uint32_t kRealBase = 0x10000;
inline constexpr uint32_t kRealBytes = 0x10000;
inline constexpr uint32_t kRealSegment = kRealBase >> 4;

// Offsets inside that segment. Code and data of a real payload end where the stacks begin.
inline constexpr uint32_t kRealCodeEnd = 0xA000;
inline constexpr uint32_t kSupervisorStackTop = 0xB000;  // 4 KiB, long and physical mode
inline constexpr uint32_t kRealStackTop = 0xD000;        // 8 KiB, real-mode payload
// Without one, its stack serves the interrupt handlers of a long-mode payload, 4 KiB each.
inline constexpr uint32_t kLongFaultStackTop = kRealStackTop;
inline constexpr uint32_t kLongNmiStackTop = kRealStackTop - 0x1000;
inline constexpr uint32_t kFirmwareStackTop = 0xFFF0;  // 12 KiB less 16 bytes, firmware calls
inline constexpr uint32_t kFirmwareStackBytes = kFirmwareStackTop - kRealStackTop;

// Buffer that firmware reads and writes: 64 KiB, aligned so that no transfer crosses a DMA page (T49).
inline constexpr uint32_t kBounceBase = 0x20000;
inline constexpr uint32_t kBounceBytes = 0x10000;
inline constexpr uint32_t kBounceSegment = kBounceBase >> 4;

// Request and reply. Outside every kexec segment, so that Linux can map it through /dev/mem.
inline constexpr uint32_t kExchangeBase = 0x30000;
inline constexpr uint32_t kExchangeBytes = 0x10000;
inline constexpr uint32_t kExchangeSegment = kExchangeBase >> 4;

// Flat 32-bit code: 32/64-bit half of the stub, supervisor, physical payload and its stack.
inline constexpr uint32_t kFlatBase = 0x40000;
inline constexpr uint32_t kFlatEnd = 0x80000;
inline constexpr uint32_t kFlatStackBytes = 0x4000;
inline constexpr uint32_t kFlatStackTop = kFlatEnd;
inline constexpr uint32_t kFlatCodeEnd = kFlatEnd - kFlatStackBytes;

// Page tables that lead from physical mode back to long mode: PML5, PML4, PDPT, PD. They take the place of
// the stacks of real-mode payload and firmware calls, which nobody needs by then: every page of an image is
// copied four times in a jump.
inline constexpr uint32_t kPageTablesBytes = 4 * kPageBytes;
inline constexpr uint32_t kPageTablesBase = kRealBase + kRealBytes - kPageTablesBytes;

// Page tables of a long-mode payload: PML4, and a pool for the levels below it.
inline constexpr uint32_t kLongTablesBase = 0x80000;
inline constexpr uint32_t kLongTablesBytes = 0x10000;

// Nothing of an image may lie outside [kImageLowest, kImageEnd): page 0 is IVT and BDA, 0x7C00 and
// its surroundings are a boot loader's and option ROMs' (T25), 0x90000 and up may be the EBDA's.
inline constexpr uint32_t kImageLowest = 0x10000;
inline constexpr uint32_t kImageEnd = 0x90000;

// The crash record. A BIOS clears what lies between boot loader and 0x90000 before it boots (PMM
// specification 1.01, 3.5; SeaBIOS does), so the record lies above; the kernel's start-up code, some 28 KiB
// just under the end of conventional memory, is far from it where that end is at least kCrashRecordNeedsEnd.
inline constexpr uint32_t kCrashRecordBase = 0x90000;
inline constexpr uint32_t kCrashRecordNeedsEnd = 0x9A000;

// Conventional memory: RAM below the video window. Its top may be the EBDA's.
inline constexpr uint32_t kConventionalEnd = 0xA0000;

static_assert(kRealBase % 0x10000 == 0, "T3: the descriptor's base must equal selector << 4");
static_assert(kRealBase + kRealBytes <= kBounceBase);
static_assert(kBounceBase % 0x10000 == 0 && kBounceBase + kBounceBytes <= kExchangeBase);
static_assert(kExchangeBase % 0x10000 == 0 && kExchangeBase + kExchangeBytes <= kFlatBase);
static_assert(kFlatEnd <= kLongTablesBase && kLongTablesBase + kLongTablesBytes <= kImageEnd);
static_assert(kLongTablesBase % kPageBytes == 0);
static_assert(kPageTablesBase % kPageBytes == 0 && kPageTablesBase >= kRealBase + kSupervisorStackTop);
static_assert(kFirmwareStackBytes >= 4096, "T22: vendor firmware uses its caller's stack");

}  // namespace kjump::abi
