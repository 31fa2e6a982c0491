// SPDX-License-Identifier: MIT
// VGA text memory, only while the card really is in a colour text mode. No mode is set; the position is the
// BIOS's own (BDA), so that INT 10h output goes on where this left off. Linux redraws its console later.
#include "console/console.hpp"
#include "memory/physical_memory.hpp"
#include "support/io_port.hpp"

namespace kjump {

namespace {

constexpr uint32_t kBiosDataMode = 0x449;     // BDA: current video mode
constexpr uint32_t kBiosDataColumns = 0x44A;  // BDA: columns on screen
constexpr uint32_t kBiosDataCursor = 0x450;   // BDA: column and row of page 0
constexpr uint32_t kTextMemory = 0xB8000;
constexpr uint16_t kGraphicsIndex = 0x3CE;     // VGA graphics controller
constexpr uint8_t kGraphicsMiscellaneous = 6;  // bit 0: graphics; bits 3:2 == 3: memory at 0xB8000
constexpr uint16_t kBlank = 0x0720;            // grey on black, space
constexpr uint32_t kRows = 25;

bool in_text_mode() {
  const uint8_t mode = read_physical<uint8_t>(kBiosDataMode);
  if (mode != 2 && mode != 3) {
    return false;
  }
  const uint8_t saved_index = io::read8(kGraphicsIndex);
  io::write8(kGraphicsIndex, kGraphicsMiscellaneous);
  const uint8_t miscellaneous = io::read8(kGraphicsIndex + 1);
  io::write8(kGraphicsIndex, saved_index);
  return (miscellaneous & 0x0D) == 0x0C;
}

void scroll(uint32_t columns) {
  for (uint32_t row = 1; row < kRows; ++row) {
    uint16_t line[132];
    copy_from_physical(line, kTextMemory + row * columns * 2, columns * 2);
    copy_to_physical(kTextMemory + (row - 1) * columns * 2, line, columns * 2);
  }
  for (uint32_t column = 0; column < columns; ++column) {
    write_physical<uint16_t>(kTextMemory + ((kRows - 1) * columns + column) * 2, kBlank);
  }
}

}  // namespace

void vga_text_put(char character) {
  const uint32_t columns = read_physical<uint16_t>(kBiosDataColumns);
  if (columns < 40 || columns > 132 || !in_text_mode()) {
    return;
  }
  uint32_t column = read_physical<uint8_t>(kBiosDataCursor);
  uint32_t row = read_physical<uint8_t>(kBiosDataCursor + 1);
  if (column >= columns || row >= kRows) {
    column = 0;
    row = kRows - 1;
  }
  if (character != '\n') {
    write_physical<uint16_t>(kTextMemory + (row * columns + column) * 2,
                             static_cast<uint16_t>((kBlank & 0xFF00) | static_cast<uint8_t>(character)));
    ++column;
  }
  if (character == '\n' || column == columns) {
    column = 0;
    ++row;
  }
  if (row == kRows) {
    scroll(columns);
    row = kRows - 1;
  }
  write_physical<uint8_t>(kBiosDataCursor, static_cast<uint8_t>(column));
  write_physical<uint8_t>(kBiosDataCursor + 1, static_cast<uint8_t>(row));
}

}  // namespace kjump
