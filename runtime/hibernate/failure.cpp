// SPDX-License-Identifier: MIT
#include "hibernate/failure.hpp"

namespace kjump::hibernate {

void Sentence::put(char character) {
  if (used_ + 1 < sizeof text_) {
    text_[used_++] = character;
  }
}

Sentence& Sentence::add(const char* text) {
  while (*text != '\0') {
    put(*text++);
  }
  return *this;
}

Sentence& Sentence::add_number(uint64_t value) {
  char digits[21];
  char* first = digits + sizeof digits - 1;
  *first = '\0';
  do {
    *--first = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return add(first);
}

Sentence& Sentence::add_hex(uint64_t value) {
  add("0x");
  bool begun = false;
  for (int shift = 60; shift >= 0; shift -= 4) {
    const uint64_t digit = value >> shift & 0xF;
    begun = begun || digit != 0 || shift == 0;
    if (begun) {
      put("0123456789abcdef"[digit]);
    }
  }
  return *this;
}

void Sentence::clear() {
  used_ = 0;
  for (char& character : text_) {
    character = '\0';
  }
}

}  // namespace kjump::hibernate
