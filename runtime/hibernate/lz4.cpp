// SPDX-License-Identifier: MIT
#include "hibernate/lz4.hpp"

#define LZ4_STATIC_LINKING_ONLY  // the one function below; we link Debian's archive
#include <lz4.h>

namespace kjump::hibernate {

void prepare_state(void* state) {
  (void)LZ4_initStream(state, kLz4StateBytes);
}

// Each block stands alone, but the table is cleared only when its positions run out: 16 KiB for every 128 of
// content.
size_t compress(void* state, const void* from, size_t bytes, void* to, size_t room) {
  const int stored =
      LZ4_compress_fast_extState_fastReset(state, static_cast<const char*>(from), static_cast<char*>(to),
                                           static_cast<int>(bytes), static_cast<int>(room), 1);
  return stored > 0 ? static_cast<size_t>(stored) : 0;
}

bool decompress(const void* from, size_t stored, void* to, size_t bytes) {
  return LZ4_decompress_safe(static_cast<const char*>(from), static_cast<char*>(to), static_cast<int>(stored),
                             static_cast<int>(bytes)) == static_cast<int>(bytes);
}

}  // namespace kjump::hibernate

#if !KJUMP_HAS_C_LIBRARY
// What liblz4.a asks of a C library, in functions that we do not call; and its compiler, for guarded stacks.
extern "C" {
void* calloc(size_t /*count*/, size_t /*bytes*/) {
  return nullptr;
}
void free(void* /*memory*/) {}
[[noreturn]] void __stack_chk_fail() {
  __builtin_trap();
}
}
#endif
