// SPDX-License-Identifier: MIT
// The functions that a freestanding compiler may call on its own accord.
#include <stddef.h>
#include <stdint.h>

extern "C" {

void* memcpy(void* to, const void* from, size_t bytes) {
  void* start = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
  return start;
}

void* memmove(void* to, const void* from, size_t bytes) {
  auto* out = static_cast<uint8_t*>(to);
  const auto* in = static_cast<const uint8_t*>(from);
  if (out <= in || out >= in + bytes) {
    return memcpy(to, from, bytes);
  }
  while (bytes-- > 0) {
    out[bytes] = in[bytes];
  }
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  void* start = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return start;
}

int memcmp(const void* left, const void* right, size_t bytes) {
  const auto* a = static_cast<const uint8_t*>(left);
  const auto* b = static_cast<const uint8_t*>(right);
  for (size_t i = 0; i < bytes; ++i) {
    if (a[i] != b[i]) {
      return a[i] - b[i];
    }
  }
  return 0;
}

}  // extern "C"
