// SPDX-License-Identifier: MIT
// bare PAGE COUNT: so many jumps into the bare page (tests/bench/payloads/bare.asm), the least that a kexec
// jump can be. For what the kernel does by itself, without kjump.
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  constexpr unsigned long kPageBytes = 4096;
  std::ifstream file(argv[1], std::ios::binary);
  std::vector<char> code((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  kexec_segment segment{code.data(), code.size(), reinterpret_cast<void*>(BARE_ADDRESS), kPageBytes};
  bool good = syscall(SYS_kexec_load, BARE_ADDRESS, 1, &segment, KEXEC_PRESERVE_CONTEXT) == 0;
  for (int i = std::atoi(argv[2]); good && i > 0; --i) {
    good =
        syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, nullptr) == 0;
  }
  good = good && syscall(SYS_kexec_load, 0, 0, nullptr, KEXEC_PRESERVE_CONTEXT) == 0;
  if (!good) {
    std::perror("bare");
  }
  return good ? 0 : 1;
}
