// SPDX-License-Identifier: MIT
/// Small programs for a guest that busybox has not, compiled when a test runs.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "linux/guest.hpp"

namespace kjump::tests {

/// Compiles C and puts the program into the guest's /bin.
inline void add_c_program(Guest& guest, const std::string& name, const std::string& source) {
  const auto program =
      std::filesystem::temp_directory_path() / ("kjump-" + name + "-" + std::to_string(::getpid()));
  const std::string file = program.string() + ".c";
  std::ofstream(file) << source;
  const std::string make = "cc -static -O1 -o '" + program.string() + "' '" + file + "'";
  EXPECT_EQ(std::system(make.c_str()), 0) << make;
  guest.with_file(program, "/bin/" + name, true);
  std::filesystem::remove(file);
  std::filesystem::remove(program);
}

/// unload: what `kexec -u` does.
inline const char* const kUnloadSource = R"c(
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { return syscall(SYS_kexec_load, 0L, 0L, (void *)0, 0L) != 0; }
)c";

/// where FILE...: the physical address of each page of files, and the text that it begins with.
inline const char* const kWhereSource = R"c(
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int count, char **names) {
  int map = open("/proc/self/pagemap", O_RDONLY);
  for (int i = 1; i < count; i++) {
    int file = open(names[i], O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) return 1;
    char *start = mmap(0, status.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    for (long at = 0; at + 4096 <= status.st_size; at += 4096) {
      volatile char touched = start[at];
      uint64_t entry = 0;
      if (pread(map, &entry, 8, (uintptr_t)(start + at) / 4096 * 8) != 8 || !(entry >> 63)) return 1;
      printf("%llx %.40s\n", (unsigned long long)(entry & ((1ULL << 55) - 1)) * 4096, start + at);
    }
    munmap(start, status.st_size);
    close(file);
  }
  return 0;
}
)c";

}  // namespace kjump::tests
