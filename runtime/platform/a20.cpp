// SPDX-License-Identifier: MIT
#include "platform/a20.hpp"

#include <stdint.h>

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

constexpr uint32_t kA20Distance = 0x100000;
constexpr uint16_t kSystemControlA = 0x92;
constexpr uint8_t kFastA20 = 1u << 1;
constexpr uint8_t kFastReset = 1u << 0;
constexpr uint16_t kKeyboardData = 0x60;
constexpr uint16_t kKeyboardCommand = 0x64;
constexpr uint8_t kInputFull = 1u << 1;
constexpr uint8_t kNoController = 0xFF;
constexpr uint8_t kWriteOutputPort = 0xD1;
constexpr uint8_t kOutputPortA20On = 0xDF;
constexpr uint8_t kNullCommand = 0xFF;
constexpr uint16_t kResetControl = 0xCF9;
constexpr uint8_t kFullReset = 0x0E;
// A port access takes about a microsecond: bounds of 50 ms for the controller, 50 ms for the gate.
constexpr int kPolls = 50'000;

volatile uint32_t probe = 0x4A554D50;

bool keyboard_controller_is_ready() {
  for (int i = 0; i < kPolls; ++i) {
    const uint8_t status = io::read8(kKeyboardCommand);
    if (status == kNoController) {
      return false;  // no controller at all: never wait for it (T44)
    }
    if ((status & kInputFull) == 0) {
      return true;
    }
  }
  return false;
}

bool becomes_on() {
  for (int i = 0; i < kPolls; ++i) {
    if (a20_is_on()) {
      return true;
    }
    io::read8(0x80);
  }
  return false;
}

bool enable_by_port_92() {
  const auto value = static_cast<uint8_t>((io::read8(kSystemControlA) | kFastA20) & ~kFastReset);
  io::write8(kSystemControlA, value);
  return becomes_on();
}

bool enable_by_keyboard_controller() {
  if (!keyboard_controller_is_ready()) {
    return false;
  }
  io::write8(kKeyboardCommand, kWriteOutputPort);
  if (!keyboard_controller_is_ready()) {
    return false;
  }
  io::write8(kKeyboardData, kOutputPortA20On);
  if (keyboard_controller_is_ready()) {
    io::write8(kKeyboardCommand, kNullCommand);  // without it the HP DL360 G5's USB keyboard dies (T44)
  }
  return becomes_on();
}

[[noreturn]] void reset_machine() {
  for (;;) {
    io::write8(kResetControl, kFullReset);
  }
}

}  // namespace

bool a20_is_on() {
  const auto* alias =
      reinterpret_cast<const volatile uint32_t*>(reinterpret_cast<uintptr_t>(&probe) + kA20Distance);
  if (*alias != probe) {
    return true;
  }
  probe = ~probe;  // equal by chance, or the same cell: one of them follows the other now
  return *alias != probe;
}

}  // namespace kjump::platform

extern "C" void kjump_enable_a20() {
  using namespace kjump::platform;
  if (!enable_by_port_92() && !enable_by_keyboard_controller()) {
    reset_machine();
  }
}
