// SPDX-License-Identifier: MIT
/// Inside the runtime: the places that console text goes to, one function each.
#pragma once

namespace kjump {

void vga_text_put(char character);
void serial_put(char character);
void debug_port_put(char character);

}  // namespace kjump
