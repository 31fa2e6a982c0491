// SPDX-License-Identifier: MIT
#include "platform/vga_registers.hpp"

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

// IBM VGA; the CRT controller is at 3B4h while the card is in a monochrome mode.
constexpr uint16_t kMiscellaneousRead = 0x3CC;
constexpr uint8_t kColour = 1u << 0;
constexpr uint16_t kSequencer = 0x3C4;
constexpr uint16_t kGraphics = 0x3CE;
constexpr uint16_t kCrtColour = 0x3D4;
constexpr uint16_t kCrtMonochrome = 0x3B4;

struct Indexed {
  uint16_t port;
  uint8_t index;
};

// Clocking and memory mode; mode and memory map; ends of the visible part, bytes of a row, mode control.
constexpr Indexed kRegisters[] = {{kSequencer, 0x01}, {kSequencer, 0x04}, {kGraphics, 0x05},
                                  {kGraphics, 0x06},  {kCrtColour, 0x01}, {kCrtColour, 0x07},
                                  {kCrtColour, 0x12}, {kCrtColour, 0x13}, {kCrtColour, 0x17}};

// The index that was selected stays so.
uint8_t read_indexed(uint16_t port, uint8_t index) {
  const uint8_t selected = io::read8(port);
  io::write8(port, index);
  const uint8_t value = io::read8(static_cast<uint16_t>(port + 1));
  io::write8(port, selected);
  return value;
}

}  // namespace

void visit_vga(void (*visit)(void* context, uint32_t which, uint8_t value), void* context) {
  const uint8_t miscellaneous = io::read8(kMiscellaneousRead);
  visit(context, kMiscellaneousRead, miscellaneous);
  for (const Indexed& one : kRegisters) {
    const bool elsewhere = one.port == kCrtColour && (miscellaneous & kColour) == 0;
    const uint16_t port = elsewhere ? kCrtMonochrome : one.port;
    visit(context, uint32_t{one.port} << 8 | one.index, read_indexed(port, one.index));
  }
}

}  // namespace kjump::platform
