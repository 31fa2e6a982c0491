// SPDX-License-Identifier: MIT
/// Registers of the local APIC (SDM volume 3, tables 11-1 and 11-6, figures 11-5, 11-8 and 11-12).
#pragma once

#include <stdint.h>

namespace kjump::abi {

inline constexpr uint32_t kApicBaseX2apic = 1u << 10;  // IA32_APIC_BASE
inline constexpr uint32_t kApicBaseEnabled = 1u << 11;
inline constexpr uint32_t kApicBaseAddress = 0xFFFFF000;

// Offsets; in x2APIC mode the MSR is kX2apicMsr + offset / 16.
inline constexpr uint32_t kX2apicMsr = 0x800;
inline constexpr uint32_t kApicId = 0x020;
inline constexpr uint32_t kApicTaskPriority = 0x080;
inline constexpr uint32_t kApicEoi = 0x0B0;
inline constexpr uint32_t kApicSpurious = 0x0F0;
inline constexpr uint32_t kApicCommand = 0x300;
inline constexpr uint32_t kApicDestination = 0x310;  // x2APIC: the high half of kApicCommand
inline constexpr uint32_t kApicTimer = 0x320;
inline constexpr uint32_t kApicLint0 = 0x350;
inline constexpr uint32_t kApicLint1 = 0x360;
inline constexpr uint32_t kApicTimerCount = 0x380;
inline constexpr uint32_t kApicTimerDivide = 0x3E0;

inline constexpr uint32_t kApicSoftwareEnable = 1u << 8;  // in kApicSpurious
inline constexpr uint32_t kApicTimerPeriodic = 1u << 17;
inline constexpr uint32_t kApicTimerBy16 = 3;

// Commands, physical destination. INIT as the MP specification 1.4, B.4, has it: level, asserted, then not.
inline constexpr uint32_t kApicInit = 5u << 8 | 1u << 14 | 1u << 15;
inline constexpr uint32_t kApicInitOver = 5u << 8 | 1u << 15;
inline constexpr uint32_t kApicStartUp = 6u << 8 | 1u << 14;  // and the page's number
inline constexpr uint32_t kApicCommandPending = 1u << 12;

}  // namespace kjump::abi
