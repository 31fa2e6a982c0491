// SPDX-License-Identifier: MIT
// The debug ports of QEMU and Bochs. Reading one gives 0xE9 when it is there (QEMU hw/char/debugcon.c); on
// real hardware, where something else may answer at these addresses, nothing is written.
#include "console/console.hpp"
#include "support/io_port.hpp"

namespace kjump {

void debug_port_put(char character) {
  constexpr uint16_t kPorts[] = {0xE9, 0x402};
  constexpr uint8_t kPresent = 0xE9;
  for (const uint16_t port : kPorts) {
    if (io::read8(port) == kPresent) {
      io::write8(port, static_cast<uint8_t>(character));
    }
  }
}

}  // namespace kjump
