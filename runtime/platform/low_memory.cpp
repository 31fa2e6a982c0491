// SPDX-License-Identifier: MIT
#include "platform/low_memory.hpp"

#include <kjump/abi/layout.hpp>

namespace kjump::platform {

namespace {

constexpr uint32_t kExtendedSegment = 0x0E;  // offset in the BIOS data area
constexpr uint32_t kExtendedLowest = 0x80000;
constexpr uint32_t kKibibyte = 1024;
constexpr uint32_t kWord = sizeof(uint32_t);

struct Bytes {
  uint8_t first;
  uint8_t last;
};

// Offsets at segment 40h, IBM PS/2 and PC BIOS Interface Technical Reference, "BIOS Data Area".
constexpr Bytes kVolatile[] = {
    {0x17, 0x3D},  // keyboard: flags and ring
    {0x3E, 0x48},  // diskette: state, motors, status
    {0x49, 0x66},  // screen: mode, cursors, pages
    {0x67, 0x6B},  // where a reset returns to; last unexpected interrupt
    {0x6C, 0x71},  // ticks, midnight, break
    {0x74, 0x74},  // disk status
    {0x84, 0x8A},  // screen: rows, font
    {0x8B, 0x97},  // diskettes and disks; keyboard's lights
    {0x98, 0xA0},  // wait by the clock's interrupt
    {0xA8, 0xAB},  // screen: parameters
};

const void* at(uint32_t address) {
  asm("" : "+r"(address));  // page 0 is memory like any other
  return reinterpret_cast<const void*>(address);
}

template <typename Value>
Value read(uint32_t address) {
  return *static_cast<const volatile Value*>(at(address));
}

}  // namespace

MemoryCopy find_extended_bios_data(uint32_t most) {
  const uint32_t base = uint32_t{read<uint16_t>(kBiosDataAddress + kExtendedSegment)} << 4;
  if (base < kExtendedLowest || base >= abi::kConventionalEnd) {
    return {};
  }
  uint32_t bytes = read<uint8_t>(base) * kKibibyte;
  bytes = bytes < most ? bytes : most;
  const uint32_t room = abi::kConventionalEnd - base;
  return {base, bytes < room ? bytes : room, nullptr};
}

void take_copy(const MemoryCopy& memory) {
  uint32_t words = memory.bytes / kWord;
  const void* from = at(memory.address);
  uint32_t* to = memory.copy;
  asm volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(words) : : "memory");
}

uint32_t next_difference(const MemoryCopy& memory, uint32_t offset) {
  if (offset >= memory.bytes) {
    return memory.bytes;
  }
  uint32_t words = (memory.bytes - offset) / kWord;
  const void* one = at(memory.address + offset);
  const uint32_t* other = memory.copy + offset / kWord;
  bool differs = false;
  asm volatile("repe cmpsl" : "+S"(one), "+D"(other), "+c"(words), "=@ccne"(differs) : : "memory");
  return differs ? memory.bytes - (words + 1) * kWord : memory.bytes;
}

bool is_volatile_bios_data(uint32_t offset) {
  for (const Bytes& range : kVolatile) {
    if (offset >= range.first && offset <= range.last) {
      return true;
    }
  }
  return false;
}

}  // namespace kjump::platform
