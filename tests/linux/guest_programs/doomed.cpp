// SPDX-License-Identifier: MIT
// doomed SECONDS PROGRAM ARGUMENT...: becomes the program, which a timer of the kernel's kills. Frozen tasks
// can kill nobody; this timer also goes off while everything but the program is frozen.
#include <unistd.h>

#include <cstdlib>

int main(int count, char** arguments) {
  if (count < 3) {
    return 2;
  }
  ::alarm(static_cast<unsigned>(std::atoi(arguments[1])));
  ::execvp(arguments[2], arguments + 2);
  return 127;
}
