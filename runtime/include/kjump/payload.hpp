// SPDX-License-Identifier: MIT
/// What a payload includes. Everything here works in both payload modes, under the same name.
///
/// The payload's own part is one function, called once per jump:
///
///     extern "C" uint32_t kjump_main();   // its return value is the status that the caller sees
///
/// real:     16-bit code (g++ -m16, or NASM with `bits 16`), CS = DS = ES = SS = kRealSegment, code and
///           data up to kRealCodeEnd, 8 KiB of stack. Called by a 32-bit near call (`call dword`); return
///           with `o32 ret`, status in EAX.
/// physical: 32-bit code, paging off, flat segments, code and data in [kFlatBase, kFlatCodeEnd), 16 KiB of
///           stack. C calling convention.
///
/// Both: interrupts are off on entry, DF is clear, no FPU, MMX or SSE. Memory keeps its content from one
/// jump of a session to the next. Nothing here allocates, throws or waits without a deadline.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/firmware_call.hpp>
#include <kjump/abi/layout.hpp>
#include <kjump/abi/processor.hpp>

namespace kjump {

/// Bytes of the caller's request; 0 in a standalone image.
[[nodiscard]] size_t request_bytes();

/// Copies up to `bytes` of the request from `offset` on; returns how many were there.
size_t read_request(void* to, size_t bytes, size_t offset = 0);

/// Appends to the reply. False, and nothing written, when it does not fit.
bool write_reply(const void* from, size_t bytes);

/// Bytes that still fit into the reply.
[[nodiscard]] size_t reply_room();

/// Prints to every console there is: the exchange, VGA text (when the card is in a text mode), COM1,
/// QEMU's debug ports 0xE9 and 0x402. "\n" starts a new line.
void print(const char* text);
/// Eight hexadecimal digits.
void print_hex(uint32_t value);
void print_decimal(uint32_t value);

[[nodiscard]] uint64_t read_tsc();

/// The way on which Linux let go of the processor. Payloads need not care; those that program devices may:
/// through the wake door firmware has reset them, and PCI bridges and BARs are not set up.
[[nodiscard]] abi::Door door();

/// Physical memory, wherever the payload's segments are. Copies nothing above 1 MiB in real mode.
void copy_from_physical(void* to, uint32_t address, size_t bytes);
void copy_to_physical(uint32_t address, const void* from, size_t bytes);
#if KJUMP_MODE_PHYSICAL
/// Physical mode only: memory at a physical address. The empty statement keeps the compiler from reasoning
/// about the object at a constant address, such as that nothing can lie at 0.
[[nodiscard]] inline void* physical(uint32_t address) {
  asm("" : "+r"(address));
  return reinterpret_cast<void*>(address);
}
#endif

namespace bios {

/// Calls firmware: registers and target in, registers and repairs out. The callee gets a stack of
/// kFirmwareStackBytes and may do to the processor what it likes (see asm/firmware_call.asm); buffers
/// for it belong into the bounce buffer (kBounceSegment). Returns with interrupts off.
void call(abi::FirmwareCall& call);

}  // namespace bios
}  // namespace kjump
