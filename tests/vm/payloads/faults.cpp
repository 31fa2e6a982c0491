// SPDX-License-Identifier: MIT
// Does what the first byte of the request says: 'u' an undefined instruction, 'd' a division by zero,
// 'g' a protection fault with an error code, 'n' nothing (status = number of this jump in its session).
#include <kjump/payload.hpp>

namespace {
uint32_t jumps = 0;  // proves that payload memory persists from jump to jump
}

extern "C" uint32_t kjump_main() {
  char what = 'n';
  kjump::read_request(&what, 1);
  ++jumps;
  kjump::print("doing ");
  const char text[] = {what, '\n', '\0'};
  kjump::print(text);
  if (what == 'u') {
    asm volatile("movl $0x600D, %%esi\n\tud2" ::: "esi");
  } else if (what == 'd') {
    asm volatile("xorl %%edx, %%edx\n\tmovl $1, %%eax\n\txorl %%ecx, %%ecx\n\tdivl %%ecx" ::
                     : "eax", "ecx", "edx");
  } else if (what == 'g') {
    asm volatile("movw %w0, %%fs" : : "r"(0x1238));
  } else if (what == 'o') {
    for (int i = 0; i < 2000; ++i) {
      kjump::print("0123456789");
    }
  }
  return jumps;
}
