// SPDX-License-Identifier: MIT
#include "platform/rtc_alarm.hpp"

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

// Motorola MC146818 data sheet; port 70h's bit 7 stays 0, or NMIs would be masked.
constexpr uint16_t kIndex = 0x70;
constexpr uint16_t kData = 0x71;

enum Register : uint8_t {
  kSecond = 0x00,
  kSecondAlarm = 0x01,
  kMinute = 0x02,
  kMinuteAlarm = 0x03,
  kHourAlarm = 0x05,
  kA = 0x0A,
  kB = 0x0B,
  kC = 0x0C,
};

constexpr uint8_t kUpdateInProgress = 1u << 7;  // of A: up to 2 ms in each second
constexpr uint8_t kAlarmInterrupt = 1u << 5;    // of B
constexpr uint8_t kBinary = 1u << 2;            // of B, else BCD
constexpr uint8_t kAnyHour = 0xFF;              // C0h and above match every hour
constexpr uint32_t kPolls = 10'000;             // about a microsecond each

uint8_t read(Register index) {
  io::write8(kIndex, index);
  return io::read8(kData);
}

void write(Register index, uint8_t value) {
  io::write8(kIndex, index);
  io::write8(kData, value);
}

// The clock's registers are not to be read while they change. A clock that never says so is stuck: then any
// value is as good.
void wait_for_update() {
  for (uint32_t poll = 0; poll < kPolls && (read(kA) & kUpdateInProgress) != 0; ++poll) {
  }
}

uint32_t number(uint8_t value, bool binary) {
  return binary ? value : (value >> 4) * 10u + (value & 0xF);
}

uint8_t coded(uint32_t value, bool binary) {
  return static_cast<uint8_t>(binary ? value : value / 10 << 4 | value % 10);
}

}  // namespace

void RtcAlarm::take() {
  second_ = read(kSecondAlarm);
  minute_ = read(kMinuteAlarm);
  hour_ = read(kHourAlarm);
  control_ = read(kB);
}

void RtcAlarm::set(uint32_t delay_ms) const {
  const bool binary = (control_ & kBinary) != 0;
  write(kB, control_ & static_cast<uint8_t>(~kAlarmInterrupt));
  if (delay_ms > kLongestMs) {
    return;
  }
  wait_for_update();
  const uint32_t seconds = (delay_ms + 999) / 1000 + 1;  // the second under way may be over at once
  const uint32_t when = number(read(kSecond), binary) + number(read(kMinute), binary) * 60 + seconds;
  write(kSecondAlarm, coded(when % 60, binary));
  write(kMinuteAlarm, coded(when / 60 % 60, binary));
  write(kHourAlarm, kAnyHour);
  static_cast<void>(read(kC));  // an interrupt that waits would hide the edge
  write(kB, control_ | kAlarmInterrupt);
}

void RtcAlarm::put_back() const {
  write(kB, control_ & static_cast<uint8_t>(~kAlarmInterrupt));
  write(kSecondAlarm, second_);
  write(kMinuteAlarm, minute_);
  write(kHourAlarm, hour_);
  write(kB, control_);
  static_cast<void>(read(kC));
}

}  // namespace kjump::platform
