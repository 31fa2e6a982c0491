// SPDX-License-Identifier: MIT
#include "console/console.hpp"

#include <kjump/payload.hpp>

#include "exchange/exchange.hpp"

namespace kjump {

namespace {

void put(char character) {
  exchange_console_put(character);
  debug_port_put(character);
  if (character == '\n') {
    serial_put('\r');
  }
  serial_put(character);
  vga_text_put(character);
}

}  // namespace

void print(const char* text) {
  while (*text != '\0') {
    put(*text++);
  }
}

void print_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) {
    put("0123456789abcdef"[(value >> shift) & 0xF]);
  }
}

void print_decimal(uint32_t value) {
  char digits[11];
  char* first = digits + sizeof digits - 1;
  *first = '\0';
  do {
    *--first = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  print(first);
}

}  // namespace kjump
