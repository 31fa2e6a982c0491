// SPDX-License-Identifier: MIT
#include "platform/io_apic.hpp"

namespace kjump::platform {

namespace {

constexpr uint32_t kSelect = 0x00;
constexpr uint32_t kWindow = 0x10;
constexpr uint32_t kVersion = 0x01;
constexpr uint32_t kEntries = 0x10;  // two registers an entry

volatile uint32_t& register_at(uint32_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}

}  // namespace

uint32_t IoApic::read(uint32_t index) const {
  register_at(base_ + kSelect) = index;
  return register_at(base_ + kWindow);
}

void IoApic::write(uint32_t index, uint32_t value) const {
  register_at(base_ + kSelect) = index;
  register_at(base_ + kWindow) = value;
}

uint32_t IoApic::pins() const {
  return base_ == 0 ? 0 : (read(kVersion) >> 16 & 0xFF) + 1;
}

uint64_t IoApic::read_entry(uint32_t pin) const {
  return uint64_t{read(kEntries + 2 * pin + 1)} << 32 | read(kEntries + 2 * pin);
}

void IoApic::write_entry(uint32_t pin, uint64_t entry) const {
  write(kEntries + 2 * pin, static_cast<uint32_t>(entry) | static_cast<uint32_t>(kMasked));
  write(kEntries + 2 * pin + 1, static_cast<uint32_t>(entry >> 32));
  write(kEntries + 2 * pin, static_cast<uint32_t>(entry));
}

void IoApic::set_mask(uint32_t pin, bool masked) const {
  const uint32_t low = read(kEntries + 2 * pin) & ~static_cast<uint32_t>(kMasked);
  write(kEntries + 2 * pin, low | (masked ? static_cast<uint32_t>(kMasked) : 0));
  static_cast<void>(read(kEntries + 2 * pin));  // behind it come all messages that were sent before
}

}  // namespace kjump::platform
