// SPDX-License-Identifier: MIT
// raw_rate_guest DEVICE: what Linux gets out of a disk, "disk_write N" and "disk_read N" in MB/s: direct I/O,
// one request of 1 MiB at a time, as dd makes them (busybox' own dd has no buffer that is aligned for it).
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kRequest = std::size_t{1} << 20;
constexpr int kRequests = 192;

/// MB/s; 0: a request failed.
template <typename Transfer>
double rate(int fd, Transfer transfer) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRequests; ++i) {
    if (transfer(i * static_cast<off_t>(kRequest)) != static_cast<ssize_t>(kRequest)) {
      return 0;
    }
  }
  if (fdatasync(fd) != 0) {
    return 0;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return kRequests * static_cast<double>(kRequest) / 1e6 / took.count();
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = argc == 2 ? open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC) : -1;
  void* buffer = std::aligned_alloc(kRequest, kRequest);
  if (fd < 0 || buffer == nullptr) {
    std::perror("raw_rate_guest");
    return 1;
  }
  std::memset(buffer, 0, kRequest);  // a trace of the measurement would be taken for a part of Linux's image
  const double written = rate(fd, [&](off_t at) { return pwrite(fd, buffer, kRequest, at); });
  const double read = rate(fd, [&](off_t at) { return pread(fd, buffer, kRequest, at); });
  std::printf("disk_write %.1f\ndisk_read %.1f\n", written, read);
  return written > 0 && read > 0 ? 0 : 1;
}
