// SPDX-License-Identifier: MIT
// Copies a range of physical memory into the bulk reply, which Linux writes to a file:
//
//   echo 0x100000 0x4000000 > range
//   kjump run dump_memory.kjump --in range --bulk-room 64MiB --out memory.bin
//
// The request: address and bytes in hexadecimal. Status 0: all of it; 1: no such request; 2: too little room.
#include <kjump/payload.hpp>

namespace {

/// Reads "0x1f" and what separates it from the next number; leaves `text` behind it.
uint64_t take_number(const char*& text) {
  uint64_t value = 0;
  text += text[0] == '0' && text[1] == 'x' ? 2 : 0;
  for (;; ++text) {
    const char c = *text;
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uint64_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  text += *text == ' ' ? 1 : 0;
  return value;
}

}  // namespace

extern "C" uint32_t kjump_main() {
  char request[64] = {};
  kjump::read_request(request, sizeof request - 1);
  const char* text = request;
  const uint64_t address = take_number(text);
  const uint64_t bytes = take_number(text);
  // Whoever asks knows what is there; without this, only RAM could be read.
  if (bytes == 0 || !kjump::map_device(address, bytes)) {
    kjump::print("the request is: ADDRESS BYTES, in hexadecimal\n");
    return 1;
  }
  kjump::BulkWriter reply;
  return reply.write(kjump::physical(address), bytes) ? 0 : 2;
}
