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
constexpr uint8_t kLatchCount0 = 0x00;
constexpr uint32_t kCountsPerMs = 1193;  // of 1193.182
constexpr uint32_t kSample = kCountsPerMs / 4;
constexpr uint32_t kPolls = 100'000;  // of a counter that stands still

void program(uint8_t control) {
  io::write8(kControl, control);
  io::write8(kChannel0, 0);  // a count of 0 means 65536
  if ((control & kBothBytes) == kBothBytes) {
    io::write8(kChannel0, 0);
  }
}

uint16_t count() {
  io::write8(kControl, kLatchCount0);
  const uint8_t low = io::read8(kChannel0);
  return static_cast<uint16_t>(io::read8(kChannel0) << 8 | low);
}

uint32_t timestamp() {
  uint32_t low = 0;
  asm volatile("rdtsc" : "=a"(low) : : "edx");
  return low;
}

}  // namespace

uint8_t read_pit_status() {
  io::write8(kControl, kReadBackStatus0);
  return io::read8(kChannel0);
}

void set_pit_for_firmware() {
  program(kBothBytes | kMode2);
}

uint32_t measure_tsc_khz() {
  const uint16_t first = count();  // it counts down
  const uint32_t begin = timestamp();
  uint32_t passed = 0;
  for (uint32_t poll = 0; passed < kSample && poll < kPolls; ++poll) {
    passed = static_cast<uint16_t>(first - count());
  }
  const uint32_t ticks = timestamp() - begin;
  return passed < kSample ? 0 : ticks / passed * kCountsPerMs;  // more passed in a machine that was away
}

void restore_pit(uint8_t status) {
  program(status & kPitControlWord);
}

}  // namespace kjump::platform
