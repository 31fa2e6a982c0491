// SPDX-License-Identifier: MIT
/// What a payload includes. Everything here works in every payload mode, under the same name.
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
/// long:     64-bit code, System V calling convention, physical addresses of RAM are valid as they are; code,
///           data and stack as physical. SSE is on: x87 and SSE registers are in their default state, and
///           what was in them is put back. An access to what is neither RAM (ram_range()) nor declared
///           (map_device()) faults; 2 MiB are told apart.
///
/// All: interrupts are off on entry, DF is clear; in real and physical mode no FPU, MMX or SSE. Memory keeps
/// its content from one jump of a session to the next. Nothing here allocates, throws or waits without a
/// deadline.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/firmware_call.hpp>
#include <kjump/abi/image.hpp>
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

/// The way on which this image got the processor. Payloads need not care; those that program devices may:
/// through the wake door firmware has reset them, and PCI bridges and BARs are not set up.
[[nodiscard]] abi::Door door();

/// As many bits of a physical address as the mode can reach.
#if KJUMP_MODE_LONG
using PhysicalAddress = uint64_t;
#else
using PhysicalAddress = uint32_t;
#endif

/// Physical memory, wherever the payload's segments are. Copies nothing above 1 MiB in real mode.
void copy_from_physical(void* to, PhysicalAddress address, size_t bytes);
void copy_to_physical(PhysicalAddress address, const void* from, size_t bytes);
#if KJUMP_MODE_PHYSICAL || KJUMP_MODE_LONG
/// Physical and long mode: memory at a physical address. The empty statement keeps the compiler from
/// reasoning about the object at a constant address, such as that nothing can lie at 0.
[[nodiscard]] inline void* physical(PhysicalAddress address) {
  asm("" : "+r"(address));
  return reinterpret_cast<void*>(address);
}
#endif
#if KJUMP_MODE_LONG
/// Long mode: device memory at physical [address, address + bytes) may be accessed from now on, in later
/// jumps too. Caching is as the MTRRs say. False: 16 ranges are there already, or there are no such
/// addresses.
[[nodiscard]] bool map_device(uint64_t address, uint64_t bytes);

/// Long mode: the machine's RAM, ACPI's tables and non-volatile storage included, as firmware told Linux; 0
/// where the image was loaded by something else than kjump, and every address may then be accessed.
[[nodiscard]] size_t ram_range_count();
[[nodiscard]] abi::RamRange ram_range(size_t index);  ///< empty beyond the last
#endif

#if KJUMP_MODE_PHYSICAL || KJUMP_MODE_LONG
/// Inside the two classes below: one pass over a bulk request or the room for a reply.
class BulkStream {
 public:
  explicit BulkStream(const abi::Bulk& bulk);
  [[nodiscard]] uint64_t left() const { return left_; }
  /// The next piece of memory, of at most `most` bytes; none at the end, or where this mode cannot reach.
  [[nodiscard]] abi::BulkExtent take(uint64_t most);

 private:
  uint64_t page_;  ///< of the list
  uint64_t index_ = 0;
  uint64_t offset_ = 0;  ///< in the extent
  uint64_t left_;
};

/// The caller's bulk request, from its beginning. Physical and long mode.
class BulkReader {
 public:
  BulkReader();
  /// Bytes not yet read; 0 when there is no bulk request.
  [[nodiscard]] uint64_t left() const { return stream_.left(); }
  /// The next bytes; fewer at the end.
  size_t read(void* to, size_t bytes);

 private:
  BulkStream stream_;
};

/// The bulk reply. One object a jump: each begins at the beginning. Physical and long mode.
class BulkWriter {
 public:
  BulkWriter();
  /// Bytes that still fit; 0 when the caller wants no bulk reply.
  [[nodiscard]] uint64_t room() const { return stream_.left(); }
  /// Appends. False, and nothing written, when it does not fit.
  bool write(const void* from, size_t bytes);

 private:
  BulkStream stream_;
  uint64_t written_ = 0;
};
#endif

namespace bios {

/// Calls firmware: registers and target in, registers and repairs out. The callee gets a stack of
/// kFirmwareStackBytes and may do to the processor what it likes (see asm/firmware_call.asm); buffers
/// for it belong into the bounce buffer (kBounceSegment). Returns with interrupts off.
void call(abi::FirmwareCall& call);

}  // namespace bios
}  // namespace kjump
