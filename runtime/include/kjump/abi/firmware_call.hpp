// SPDX-License-Identifier: MIT
/// Registers that go into a real-mode firmware call and come out of it.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::abi {

/// Register image in the very order in which the thunk pops it from the real-mode stack, lowest
/// address first, so that one block copy moves it. 32-bit registers are whole, high halves included.
struct FirmwareRegisters {
  uint16_t gs = 0;
  uint16_t fs = 0;
  uint16_t es = 0;
  uint16_t ds = 0;
  uint32_t edi = 0;
  uint32_t esi = 0;
  uint32_t ebp = 0;
  uint32_t stack = 0;  ///< in: ignored; out: SP (low word) and SS (high word) as the callee left them
  uint32_t ebx = 0;
  uint32_t edx = 0;
  uint32_t ecx = 0;
  uint32_t eax = 0;
  uint32_t eflags = 0;  ///< in: flags that the callee sees (CF preset to 1 is customary, T18)
};

/// How a FirmwareCall reaches its callee.
enum class CallKind : uint16_t {
  kInterrupt = 0,  ///< as INT n would: target from the IVT, flags pushed, IF, TF and AC cleared
  kFarCall = 1,    ///< far call to target_segment:target_offset, flags as given
};

/// One call of real-mode code. The thunk's own stack (kFirmwareStackBytes) is used.
struct FirmwareCall {
  FirmwareRegisters registers;
  CallKind kind = CallKind::kInterrupt;
  uint16_t vector = 0;          ///< interrupt number, kInterrupt only
  uint16_t target_offset = 0;   ///< kFarCall only
  uint16_t target_segment = 0;  ///< kFarCall only
  uint32_t repairs = 0;         ///< out: kRepair* bits, what the thunk had to put right afterwards
  /// In: the payload is ended (outcome timeout) when the callee has not come back after so long; 0: the
  /// caller's default (ExchangeHeader::call_deadline_ms). The jump's deadline wins where it is earlier.
  uint32_t deadline_ms = 0;
};

inline constexpr uint32_t kRepairA20 = 1u << 0;      ///< A20 was off (T44)
inline constexpr uint32_t kRepairPicMask = 1u << 1;  ///< an 8259 mask register had changed (T26)

inline constexpr uint32_t kFirmwareRegistersBytes = 44;
inline constexpr uint32_t kFirmwareCallBytes = 60;

static_assert(sizeof(FirmwareRegisters) == kFirmwareRegistersBytes);
static_assert(offsetof(FirmwareRegisters, edi) == 8 && offsetof(FirmwareRegisters, eax) == 36);
static_assert(sizeof(FirmwareCall) == kFirmwareCallBytes);

}  // namespace kjump::abi
