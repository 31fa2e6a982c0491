// SPDX-License-Identifier: MIT
// search TEXT: prints how often TEXT stands in conventional memory above page 0. By mmap: read() of /dev/mem
// gives zeros for RAM (kexec_jump.md 5).
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <string_view>

int main(int argc, char** argv) {
  constexpr std::size_t kBegin = 0x1000;
  constexpr std::size_t kBytes = 0x9F000 - kBegin;
  const int fd = ::open("/dev/mem", O_RDONLY);
  void* const start = ::mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, fd, kBegin);
  if (argc != 2 || fd < 0 || start == MAP_FAILED) {
    std::perror("search");
    return 1;
  }
  const std::string_view memory(static_cast<const char*>(start), kBytes);
  int count = 0;
  for (std::size_t at = memory.find(argv[1]); at != std::string_view::npos;
       at = memory.find(argv[1], at + 1)) {
    ++count;
  }
  std::printf("%d\n", count);
  return 0;
}
