// SPDX-License-Identifier: MIT
// COM1 as its owner left it: no divisor, no format is set. Linux may have shut the port down or taken its
// decode away (kexec_jump.md 3.2); then the line status reads 0xFF, or never becomes ready.
#include "console/console.hpp"
#include "support/io_port.hpp"

#include <kjump/payload.hpp>

namespace kjump {

namespace {

constexpr uint16_t kData = 0x3F8;
constexpr uint16_t kLineStatus = 0x3FD;
constexpr uint8_t kTransmitterEmpty = 0x20;
constexpr uint8_t kNoDevice = 0xFF;

// A character at 9600 baud takes 1 ms; no processor with a TSC counts past 2^24 in less than that.
constexpr uint64_t kDeadlineTicks = 1u << 24;

bool wait_until_empty() {
  const uint64_t start = read_tsc();
  do {
    const uint8_t status = io::read8(kLineStatus);
    if (status == kNoDevice) {
      return false;
    }
    if ((status & kTransmitterEmpty) != 0) {
      return true;
    }
  } while (read_tsc() - start < kDeadlineTicks);
  return false;
}

}  // namespace

void serial_put(char character) {
  if (wait_until_empty()) {
    io::write8(kData, static_cast<uint8_t>(character));
  }
}

}  // namespace kjump
