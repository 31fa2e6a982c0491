// SPDX-License-Identifier: MIT
// The functions that a freestanding compiler may call on its own accord.
#include <stddef.h>
#include <stdint.h>

extern "C" {

// In words as far as it goes: emulators do a string instruction step by step.
void* memcpy(void* to, const void* from, size_t bytes) {
  void* start = to;
  size_t words = bytes / sizeof(size_t);
  size_t rest = bytes % sizeof(size_t);
#if KJUMP_MODE_LONG
  asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#else
  asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#endif
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
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
  size_t words = bytes / sizeof(size_t);
  size_t rest = bytes % sizeof(size_t);
  const size_t pattern = static_cast<size_t>(-1) / 0xFF * static_cast<uint8_t>(value);  // in each byte
#if KJUMP_MODE_LONG
  asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
#else
  asm volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
#endif
  asm volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(value) : "memory");
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
