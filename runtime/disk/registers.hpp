// SPDX-License-Identifier: MIT
/// Memory-mapped registers: every access is one of its width. 64-bit registers are two, low half first, which
/// every specification here allows and which 32-bit code can do.
#pragma once

#include <stdint.h>

#include "disk/driver.hpp"

namespace kjump::disk {

class Registers {
 public:
  Registers() = default;
  explicit Registers(uint64_t base) : base_(static_cast<uintptr_t>(base)) {}

  [[nodiscard]] uint8_t read8(uint32_t offset) const { return at<uint8_t>(offset); }
  [[nodiscard]] uint16_t read16(uint32_t offset) const { return at<uint16_t>(offset); }
  [[nodiscard]] uint32_t read32(uint32_t offset) const { return at<uint32_t>(offset); }
  [[nodiscard]] uint64_t read64(uint32_t offset) const {
    const uint32_t first = read32(offset);
    return uint64_t{read32(offset + 4)} << 32 | first;
  }
  void write8(uint32_t offset, uint8_t value) const { at<uint8_t>(offset) = value; }
  void write16(uint32_t offset, uint16_t value) const { at<uint16_t>(offset) = value; }
  void write32(uint32_t offset, uint32_t value) const { at<uint32_t>(offset) = value; }
  void write64(uint32_t offset, uint64_t value) const {
    write32(offset, low(value));
    write32(offset + 4, high(value));
  }

 private:
  template <typename T>
  volatile T& at(uint32_t offset) const {
    return *reinterpret_cast<volatile T*>(base_ + offset);
  }

  uintptr_t base_ = 0;
};

}  // namespace kjump::disk
