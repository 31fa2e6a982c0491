// SPDX-License-Identifier: MIT
#include <kjump/payload.hpp>

namespace kjump {

#if KJUMP_MODE_REAL

// ES and DS differ for the length of one string move: the flat assumption of compiled code (DS = ES = SS)
// holds again at the end of the statement. 67h is the address-size prefix, for which clang 14 has no name in
// 16-bit code.
void copy_from_physical(void* to, uint32_t address, size_t bytes) {
  const uint32_t segment = address >> 4;
  uint32_t offset = address & 0xF;
  asm volatile(
      "pushw %%ds\n\t"
      "movw %w[segment], %%ds\n\t"
      ".byte 0x67\n\t"
      "rep movsb\n\t"
      "popw %%ds"
      : "+S"(offset), "+D"(to), "+c"(bytes)
      : [segment] "r"(segment)
      : "memory");
}

void copy_to_physical(uint32_t address, const void* from, size_t bytes) {
  const uint32_t segment = address >> 4;
  uint32_t offset = address & 0xF;
  asm volatile(
      "pushw %%es\n\t"
      "movw %w[segment], %%es\n\t"
      ".byte 0x67\n\t"
      "rep movsb\n\t"
      "popw %%es"
      : "+D"(offset), "+S"(from), "+c"(bytes)
      : [segment] "r"(segment)
      : "memory");
}

#else

extern "C" void* memcpy(void* to, const void* from, size_t bytes);

void copy_from_physical(void* to, PhysicalAddress address, size_t bytes) {
  memcpy(to, physical(address), bytes);
}

void copy_to_physical(PhysicalAddress address, const void* from, size_t bytes) {
  memcpy(physical(address), from, bytes);
}

#endif

}  // namespace kjump
