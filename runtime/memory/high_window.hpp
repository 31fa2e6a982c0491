// SPDX-License-Identifier: MIT
/// Memory that 32-bit code cannot address, read through a window of 2 MiB. Physical mode.
#pragma once

#include <stdint.h>

namespace kjump {

/// Copies `bytes` from a physical address wherever it lies. False, and nothing copied: beyond what this
/// processor can address, or not within one naturally aligned piece of 2 MiB.
bool copy_from_anywhere(void* to, uint64_t from, uint32_t bytes);

}  // namespace kjump
