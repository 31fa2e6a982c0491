// SPDX-License-Identifier: MIT
/// What a payload was doing when an exception or the watchdog ended it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/firmware_call.hpp>

namespace kjump::abi {

/// Mode of the processor at the fault.
enum class FaultMode : uint8_t {
  kReal = 1,
  kPhysical = 2,  ///< 32-bit protected mode, paging off
  kLong = 3,      ///< 64-bit, identity map
};

/// Instead of an exception's number: the timer tick that found the deadline passed, while interrupts were on.
inline constexpr uint32_t kVectorDeadline = 0x100;

/// The watchdog that counts the PIT's edges, by an NMI each (runtime/platform/watchdog.cpp).
enum class EdgeWatch : uint8_t {
  kNone = 0,
  kRunning = 1,
  kPaused = 2,  ///< while firmware runs
};

/// What the debug registers guard: bit n of DR6 says that guard n was written to.
enum class Guard : uint32_t {
  kFirmwareStack = 0,  ///< the stack of firmware calls is full
  kRealStack = 1,      ///< that of a real-mode payload
  kPhysicalStack = 2,  ///< that of a physical-mode payload
  kBelowImage = 3,     ///< a write just below the image
};
inline constexpr uint32_t kGuards = 4;

inline constexpr uint32_t kFaultCodeBytes = 16;
inline constexpr uint32_t kFaultStackBytes = 32;

/// Outcomes kFault and kTimeout. Registers are as wide as the mode has them: 64 bits in long mode, else 32,
/// of which in real mode ip, sp and flags use 16. There code lies at cs * 16 + ip.
struct FaultRecord {
  uint32_t vector;      ///< exception, or kVectorDeadline
  uint32_t error_code;  ///< 0 for an exception without
  uint64_t ip, flags, sp;
  uint64_t ax, bx, cx, dx, si, di, bp;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;  ///< long mode
  uint64_t cr2;
  uint32_t dr6;  ///< which breakpoint, for a debug exception (SDM volume 3, 17.2.3)
  uint16_t cs, ss, ds, es, fs, gs;
  uint8_t mode;                     ///< FaultMode
  uint8_t in_firmware;              ///< 1: during the firmware call that `call` holds
  uint8_t code[kFaultCodeBytes];    ///< from CS:IP on; zero where it lies above 1 MiB
  uint8_t stack[kFaultStackBytes];  ///< from SS:SP on, likewise
  uint16_t reserved;
  FirmwareCall call;  ///< as the payload made it
};

inline constexpr uint32_t kFaultRecordBytes = 288;
static_assert(sizeof(FaultRecord) == kFaultRecordBytes);
static_assert(offsetof(FaultRecord, cs) == 164 && offsetof(FaultRecord, call) == 228);

/// Interrupt vectors whose real-mode handlers are the runtime's while a payload runs: exceptions, NMI, and
/// the timer's. Vectors from kFirstIrqVector on are also interrupt lines of the first 8259 (T27).
inline constexpr uint32_t kHookedVectors = 16;  ///< looked at; kHookedVectorMask of them are hooked
inline constexpr uint32_t kFirstIrqVector = 8;
inline constexpr uint32_t kVectorTimer = 8;
/// 0-7; the double fault's, which is the timer's; stack fault and general protection.
inline constexpr uint32_t kHookedVectorMask = 0x31FF;
inline constexpr uint32_t kHookBytes = 8;  ///< distance between two handlers' entries

}  // namespace kjump::abi
