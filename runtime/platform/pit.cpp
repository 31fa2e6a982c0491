// SPDX-License-Identifier: MIT
#include "platform/pit.hpp"

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

// Intel 8254 data sheet.
constexpr uint16_t kChannel0 = 0x40;
constexpr uint16_t kControl = 0x43;
constexpr uint8_t kReadBackStatus0 = 0xE2;  // latch status, not count, of channel 0
constexpr uint8_t kBothBytes = 0x30;        // access: low byte, then high byte
constexpr uint8_t kMode2 = 0x04;

void program(uint8_t control) {
  io::write8(kControl, control);
  io::write8(kChannel0, 0);  // a count of 0 means 65536
  if ((control & kBothBytes) == kBothBytes) {
    io::write8(kChannel0, 0);
  }
}

}  // namespace

uint8_t read_pit_status() {
  io::write8(kControl, kReadBackStatus0);
  return io::read8(kChannel0);
}

void set_pit_for_firmware() {
  program(kBothBytes | kMode2);
}

void restore_pit(uint8_t status) {
  program(status & kPitControlWord);
}

}  // namespace kjump::platform
