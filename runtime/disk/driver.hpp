// SPDX-License-Identifier: MIT
/// What core.cpp gives the drivers.
///
/// A driver's open() fills Disk::info and may fill Disk::place.unit; it finds nothing running. start() gets a
/// slot below Info::depth whose request is valid; it must not fail, but may call finish() at once. poll()
/// calls finish() for what has ended. look() names the command of a slot that is late and reads the
/// registers. stop() makes sure that the device touches no memory of ours any more; close() may be called
/// after stop() and after a failed open().
#pragma once

#include <kjump/disk.hpp>

namespace kjump::disk {

/// The device is done with the slot's request.
void finish(Disk& disk, uint32_t slot, const Error& error = {});

/// The slot's state in the driver's part of the storage.
template <typename State>
[[nodiscard]] inline State& state_of(const Disk& disk) {
  return *static_cast<State*>(disk.storage);
}

[[nodiscard]] inline uint64_t address_of(const volatile void* object) {
  return reinterpret_cast<uintptr_t>(object);
}

[[nodiscard]] inline uint32_t low(uint64_t value) {
  return static_cast<uint32_t>(value);
}
[[nodiscard]] inline uint32_t high(uint64_t value) {
  return static_cast<uint32_t>(value >> 32);
}

/// What the device wrote is read after this, what it shall read is written before. x86 keeps loads in order
/// among loads and stores among stores: only the compiler must be held.
inline void order_memory() {
  asm volatile("" : : : "memory");
}

/// Sectors of a request as units of 512 bytes.
[[nodiscard]] inline uint32_t bytes_of(const Disk& disk, const Request& request) {
  return request.count * disk.info.sector_bytes;
}

/// Copies a text field that need not be terminated, without blanks at its end.
void copy_text(char* to, size_t room, const char* from, size_t bytes);

}  // namespace kjump::disk
