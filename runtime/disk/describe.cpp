// SPDX-License-Identifier: MIT
// An Error as a sentence.
#include "disk/driver.hpp"

namespace kjump::disk {

namespace {

/// Text that ends where the room ends.
class Writer {
 public:
  Writer(char* text, size_t bytes) : at_(text), last_(text + bytes - 1) { *at_ = '\0'; }

  Writer& text(const char* words) {
    for (; *words != '\0' && at_ < last_; ++words) {
      *at_++ = *words;
    }
    *at_ = '\0';
    return *this;
  }
  Writer& hex(uint32_t value, uint32_t digits) {
    while (digits < 8 && value >> (4 * digits) != 0) {
      ++digits;
    }
    while (digits-- > 0) {
      const char digit[2] = {"0123456789abcdef"[value >> (4 * digits) & 0xF], '\0'};
      text(digit);
    }
    return *this;
  }
  Writer& decimal(uint32_t value) {
    char digits[11] = {};
    size_t first = sizeof digits - 1;
    do {
      digits[--first] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    return text(digits + first);
  }

 private:
  char* at_;
  char* last_;
};

bool is_empty(const char* text) {
  return *text == '\0';
}

}  // namespace

void describe(const Driver& driver, const Place& place, const Error& error, char* text, size_t bytes) {
  if (bytes == 0) {
    return;
  }
  Writer out(text, bytes);
  out.text(driver.name);
  if (driver.on_pci) {
    out.text(" ").hex(place.bus, 2).text(":").hex(place.device, 2).text(".").hex(place.function, 1);
  }
  if (!is_empty(driver.unit_name) && place.unit != kAnyUnit) {
    out.text(" ").text(driver.unit_name).text(" ");
    driver.on_pci ? out.decimal(place.unit) : out.hex(place.unit, 2);
  }
  out.text(": ").text(error.command).text(": ").text(error.reason);
  if (error.status == 0 && error.detail == 0) {
    return;
  }
  out.text(", ").text(driver.status_name).text(" ").hex(error.status, 2);
  if (!is_empty(driver.detail_name)) {
    out.text(" ").text(driver.detail_name).text(" ").hex(error.detail, 2);
  }
}

}  // namespace kjump::disk
