// SPDX-License-Identifier: MIT
/// LZ4 blocks, by Debian's liblz4.a. Its compiler used SSE: long mode only.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::hibernate {

inline constexpr size_t kLz4StateBytes = 0x8000;  ///< more than LZ4_sizeofState() of every 1.x

/// Once, before the first compress() with that state: kLz4StateBytes, aligned to 8.
void prepare_state(void* state);

/// Compressed bytes; 0 when they would not fit into `room`.
[[nodiscard]] size_t compress(void* state, const void* from, size_t bytes, void* to, size_t room);

/// True when the block is sound and gives exactly `bytes`. Reads and writes nothing outside of either.
[[nodiscard]] bool decompress(const void* from, size_t stored, void* to, size_t bytes);

}  // namespace kjump::hibernate
