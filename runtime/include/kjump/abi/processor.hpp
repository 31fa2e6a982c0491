// SPDX-License-Identifier: MIT
/// Segment selectors of the stub's GDT and the processor bits that the mode transitions touch.
///
/// Sources: Intel SDM volume 3, chapters 2.5 (control registers) and 3.4 (segment descriptors).
#pragma once

#include <stdint.h>

namespace kjump::abi {

// 0x10 and 0x18 equal Linux's __KERNEL_CS and __KERNEL_DS: the kernel never reloads CS after a
// jump, and the first interrupt's IRET reloads it from the kernel's GDT (kexec_jump.md 1.5).
inline constexpr uint16_t kSelectorCode32 = 0x08;
inline constexpr uint16_t kSelectorCode64 = 0x10;
inline constexpr uint16_t kSelectorData32 = 0x18;
inline constexpr uint16_t kSelectorCode16 = 0x20;
inline constexpr uint16_t kSelectorData16 = 0x28;
inline constexpr uint16_t kSelectorTss64 = 0x30;  // 16 bytes; only a long-mode payload's
// An i386 kernel's __KERNEL_CS and __KERNEL_DS, flat: it comes in on them and wants them back
// (kexec_jump.md 2.1).
inline constexpr uint16_t kSelectorI386Code = 0x60;
inline constexpr uint16_t kSelectorI386Data = 0x68;
inline constexpr uint16_t kGdtBytes = 0x70;

inline constexpr uint32_t kCr0ProtectionEnable = 1u << 0;
inline constexpr uint32_t kCr0MonitorCoprocessor = 1u << 1;
inline constexpr uint32_t kCr0Emulation = 1u << 2;
inline constexpr uint32_t kCr0TaskSwitched = 1u << 3;
inline constexpr uint32_t kCr0NumericError = 1u << 5;
inline constexpr uint32_t kCr0WriteProtect = 1u << 16;
inline constexpr uint32_t kCr0NotWriteThrough = 1u << 29;
inline constexpr uint32_t kCr0CacheDisable = 1u << 30;
inline constexpr uint32_t kCr0Paging = 1u << 31;
inline constexpr uint32_t kCr4Pae = 1u << 5;
inline constexpr uint32_t kCr4Osfxsr = 1u << 9;
inline constexpr uint32_t kCr4Osxmmexcpt = 1u << 10;
inline constexpr uint32_t kCr4La57 = 1u << 12;

inline constexpr uint32_t kMsrApicBase = 0x1B;
inline constexpr uint32_t kMsrX2apicTpr = 0x808;
inline constexpr uint32_t kMsrEfer = 0xC0000080;
inline constexpr uint32_t kMsrFsBase = 0xC0000100;
inline constexpr uint32_t kMsrGsBase = 0xC0000101;
inline constexpr uint32_t kEferSyscallEnable = 1u << 0;
inline constexpr uint32_t kEferLongModeEnable = 1u << 8;
inline constexpr uint32_t kEferLongModeActive = 1u << 10;
inline constexpr uint32_t kEferNoExecuteEnable = 1u << 11;

// EFER is there on processors that have one of its features: CPUID leaf 80000001h, EDX bits 11 (SYSCALL), 20
// (NX) and 29 (long mode). 32-bit ones may have none (SDM volume 4, table 2-2).
inline constexpr uint32_t kCpuidExtended = 0x80000000;
inline constexpr uint32_t kCpuidHasEfer = 1u << 11 | 1u << 20 | 1u << 29;

inline constexpr uint32_t kFlagsFixed = 1u << 1;  // reads as one, always
inline constexpr uint32_t kFlagsCarry = 1u << 0;
inline constexpr uint32_t kFlagsZero = 1u << 6;
inline constexpr uint32_t kFlagsTrap = 1u << 8;
inline constexpr uint32_t kFlagsInterrupt = 1u << 9;
inline constexpr uint32_t kFlagsDirection = 1u << 10;
inline constexpr uint32_t kFlagsNestedTask = 1u << 14;
inline constexpr uint32_t kFlagsAlignmentCheck = 1u << 18;

inline constexpr uint32_t kExceptionVectors = 22;  // 0 (#DE) to 21 (#CP)
inline constexpr uint32_t kVectorBreakpoint = 3;
inline constexpr uint32_t kVectorNmi = 2;
inline constexpr uint32_t kVectorPageFault = 14;
// Gates of the physical-mode IDT: exceptions, and the second 8259's lines where firmware wants them.
inline constexpr uint32_t kSlaveVectors = 0x70;
inline constexpr uint32_t kIdtVectors = 0x78;
// Exceptions that push an error code: 8, 10-14, 17, 21 (SDM volume 3, table 6-1).
inline constexpr uint32_t kVectorsWithErrorCode = 0x00227D00;

}  // namespace kjump::abi
