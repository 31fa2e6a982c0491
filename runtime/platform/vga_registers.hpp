// SPDX-License-Identifier: MIT
/// The registers that make a VGA's mode, as far as they can be read without changing what is shown. Physical
/// mode.
#pragma once

#include <stdint.h>

namespace kjump::platform {

/// Calls visit(context, which, value): `which` is a port, or port << 8 | index.
void visit_vga(void (*visit)(void* context, uint32_t which, uint8_t value), void* context);

}  // namespace kjump::platform
