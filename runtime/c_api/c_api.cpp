// SPDX-License-Identifier: MIT
// Names without C++ mangling for payloads written in assembly; see payload.inc.
#include <kjump/payload.hpp>

extern "C" {

void kjump_print(const char* text) {
  kjump::print(text);
}

void kjump_print_hex(uint32_t value) {
  kjump::print_hex(value);
}

void kjump_print_decimal(uint32_t value) {
  kjump::print_decimal(value);
}

size_t kjump_read_request(void* to, size_t bytes, size_t offset) {
  return kjump::read_request(to, bytes, offset);
}

bool kjump_write_reply(const void* from, size_t bytes) {
  return kjump::write_reply(from, bytes);
}

uint32_t kjump_door() {
  return static_cast<uint32_t>(kjump::door());
}

void kjump_bios_call(kjump::abi::FirmwareCall* call) {
  kjump::bios::call(*call);
}

}  // extern "C"
