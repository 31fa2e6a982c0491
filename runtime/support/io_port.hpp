// SPDX-License-Identifier: MIT
/// x86 I/O ports. Legal in both payload modes (CPL 0).
#pragma once

#include <stdint.h>

namespace kjump::io {

inline void write8(uint16_t port, uint8_t value) {
  asm volatile("outb %b0, %w1" : : "a"(value), "Nd"(port));
}

inline uint8_t read8(uint16_t port) {
  uint8_t value = 0;
  asm volatile("inb %w1, %b0" : "=a"(value) : "Nd"(port));
  return value;
}

inline void write16(uint16_t port, uint16_t value) {
  asm volatile("outw %w0, %w1" : : "a"(value), "Nd"(port));
}

inline uint16_t read16(uint16_t port) {
  uint16_t value = 0;
  asm volatile("inw %w1, %w0" : "=a"(value) : "Nd"(port));
  return value;
}

inline void write32(uint16_t port, uint32_t value) {
  asm volatile("outl %0, %w1" : : "a"(value), "Nd"(port));
}

inline uint32_t read32(uint16_t port) {
  uint32_t value = 0;
  asm volatile("inl %w1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

}  // namespace kjump::io
