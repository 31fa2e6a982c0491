// SPDX-License-Identifier: MIT
#include "hibernate/progress.hpp"

#include <kjump/payload.hpp>

#include "support/io_port.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint32_t kTenths = 10;
constexpr uint64_t kTimeToRead = 5'000 * uint64_t{4'000'000};  // ticks: 5 seconds at 4 GHz, 10 at 2

// The 8042's status: bit 0 output buffer full, bit 5 from the auxiliary device (a mouse).
constexpr uint16_t kKeyboardStatus = 0x64;
constexpr uint16_t kKeyboardData = 0x60;
constexpr uint8_t kOutputFull = 1u << 0;
constexpr uint8_t kFromMouse = 1u << 5;
constexpr uint8_t kNoController = 0xFF;
constexpr uint8_t kEscapeSet1 = 0x01;  // translated, as a BIOS and Linux leave it
constexpr uint8_t kEscapeSet2 = 0x76;
constexpr int kMostKeys = 16;

// 16550: line status, bit 0 data ready.
constexpr uint16_t kCom1Data = 0x3F8;
constexpr uint16_t kCom1Status = 0x3FD;
constexpr uint8_t kDataReady = 1u << 0;
constexpr uint8_t kEscapeCharacter = 0x1B;

}  // namespace

void leave_time_to_read() {
  const uint64_t end = read_tsc() + kTimeToRead;
  while (read_tsc() < end) {
    asm volatile("pause");
  }
}

uint64_t microseconds(uint64_t from, uint64_t to, uint32_t ticks_per_ms) {
  return ticks_per_ms == 0 || to < from ? 0 : (to - from) * 1000 / ticks_per_ms;
}

Progress::Progress(const char* what, uint64_t total_bytes, uint32_t ticks_per_ms)
    : what_(what), total_(total_bytes), start_(read_tsc()), ticks_per_ms_(ticks_per_ms) {}

void Progress::at(uint64_t bytes) {
  const uint64_t tenths = total_ == 0 ? kTenths : bytes * kTenths / total_;
  if (tenths <= shown_) {
    return;
  }
  shown_ = static_cast<uint32_t>(tenths);
  const uint64_t time = microseconds(start_, read_tsc(), ticks_per_ms_);
  print(what_);
  print(" ");
  print_decimal(shown_ * 10);
  print(" %, ");
  print_decimal(static_cast<uint32_t>(time == 0 ? 0 : bytes / time));
  print(" MB/s\n");
}

bool escape_pressed() {
  bool pressed = false;
  for (int i = 0; i < kMostKeys; ++i) {
    const uint8_t status = io::read8(kKeyboardStatus);
    if (status == kNoController || (status & kOutputFull) == 0) {
      break;
    }
    const uint8_t key = io::read8(kKeyboardData);
    pressed = pressed || ((status & kFromMouse) == 0 && (key == kEscapeSet1 || key == kEscapeSet2));
  }
  for (int i = 0; i < kMostKeys; ++i) {
    const uint8_t status = io::read8(kCom1Status);
    if (status == kNoController || (status & kDataReady) == 0) {
      break;
    }
    pressed = pressed || io::read8(kCom1Data) == kEscapeCharacter;
  }
  return pressed;
}

}  // namespace kjump::hibernate
