// SPDX-License-Identifier: MIT
// Sends the bulk request back, each byte plus one, in pieces of odd sizes; "+": and then a byte more than
// fits.
#include <kjump/payload.hpp>

using namespace kjump;

extern "C" uint32_t kjump_main() {
  static uint8_t piece[1021];
  BulkReader request;
  BulkWriter reply;
  if (request.left() != reply.room()) {
    return 1;
  }
  while (const size_t bytes = request.read(piece, sizeof piece)) {
    for (size_t i = 0; i < bytes; ++i) {
      ++piece[i];
    }
    if (!reply.write(piece, bytes)) {
      return 2;
    }
  }
  char more = 0;
  read_request(&more, 1);
  return more == '+' && reply.write(piece, 1) ? 3 : 0;
}
