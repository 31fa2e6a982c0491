// SPDX-License-Identifier: MIT
/// CR0, CR3, CR4 and EFER. Physical mode.
#pragma once

#include <stdint.h>

/// 0 on a processor without EFER (asm/read_efer.asm).
extern "C" uint64_t kjump_read_efer();

namespace kjump::platform {

[[nodiscard]] inline uint32_t read_cr0() {
  uint32_t value = 0;
  asm volatile("movl %%cr0, %0" : "=r"(value));
  return value;
}
inline void write_cr0(uint32_t value) {
  asm volatile("movl %0, %%cr0" : : "r"(value) : "memory");
}

[[nodiscard]] inline uint32_t read_cr3() {
  uint32_t value = 0;
  asm volatile("movl %%cr3, %0" : "=r"(value));
  return value;
}
inline void write_cr3(uint32_t value) {
  asm volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

[[nodiscard]] inline uint32_t read_cr4() {
  uint32_t value = 0;
  asm volatile("movl %%cr4, %0" : "=r"(value));
  return value;
}
inline void write_cr4(uint32_t value) {
  asm volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

}  // namespace kjump::platform
