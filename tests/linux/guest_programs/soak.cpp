// SPDX-License-Identifier: MIT
// soak IMAGE JUMPS: so many jumps in one boot, in sessions of fifty, with disk and timer load around each
// session. Needs a disk, /dev/vda, whose content it overwrites. Prints a line for each session, and in the
// end "failures N": jumps that did not return + sessions that left something loaded + complaints of the
// kernel + 1 for each kind of memory that goes on growing.
#include <fcntl.h>
#include <sys/klog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/session.hpp>

namespace {

constexpr int kJumpsInSession = 50;
// What the last third of a run may have less than the first. A page lost in every fourth jump is 0.7 MiB less
// after a thousand.
constexpr long kMayGrowKib = 640;

long meminfo(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) {
      return std::strtol(line.c_str() + key.size() + 1, nullptr, 10);
    }
  }
  return -1;
}

void drop_caches() {
  std::ofstream("/proc/sys/vm/drop_caches") << "3\n";
}

struct Memory {
  long free_kib = 0;
  long slab_kib = 0;
};

// The best of both.
Memory better(const Memory& a, const Memory& b) {
  return {std::max(a.free_kib, b.free_kib), std::min(a.slab_kib, b.slab_kib)};
}

// At its best within a second and a half: what was freed takes a while to reach its lists.
Memory settled_memory() {
  Memory best{0, LONG_MAX};
  for (int i = 0; i < 5; ++i) {
    usleep(300'000);
    drop_caches();
    best = better(best, {meminfo("MemFree"), meminfo("Slab")});
  }
  return best;
}

// Writes, forgets, reads back. False when the disk does not answer with what was written.
bool load_disk(unsigned char seed) {
  std::vector<unsigned char> block(1 << 20);
  unsigned char value = seed;
  std::generate(block.begin(), block.end(),
                [&] { return value = static_cast<unsigned char>(value * 5 + 1); });
  const int disk = open("/dev/vda", O_RDWR | O_CLOEXEC);
  bool good = disk >= 0;
  for (off_t at = 0; good && at < 4; ++at) {
    good = pwrite(disk, block.data(), block.size(), at << 20) == static_cast<ssize_t>(block.size());
  }
  good = good && fsync(disk) == 0;
  drop_caches();
  std::vector<unsigned char> back(block.size());
  for (off_t at = 0; good && at < 4; ++at) {
    good =
        pread(disk, back.data(), back.size(), at << 20) == static_cast<ssize_t>(back.size()) && back == block;
  }
  close(disk);
  return good;
}

// Threads that do nothing but sleep for a moment, again and again. False when time does not go by.
bool load_timers() {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      for (int k = 0; k < 50; ++k) {
        std::this_thread::sleep_for(std::chrono::microseconds(500 + 100 * i));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  return std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(25);
}

int jump_in_one_session(const kjump::Image& image, int jumps) {
  int failures = 0;
  auto session = kjump::Session::open(image);
  if (!session) {
    std::fprintf(stderr, "%s\n", session.error().text().c_str());
    return jumps;
  }
  for (int i = 0; i < jumps; ++i) {
    const auto report = session->jump({});
    if (!report || report->outcome != kjump::abi::Outcome::kReturned) {
      std::fprintf(stderr, "%s\n", report ? report->reason.c_str() : report.error().text().c_str());
      ++failures;
    }
  }
  return failures + (session->close() ? 0 : 1);
}

int complaints() {
  std::string log(1 << 22, '\0');
  const int bytes = klogctl(3, log.data(), static_cast<int>(log.size()));
  log.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  int found = log.empty() ? 1 : 0;  // without a log nobody complains
  for (const char* word :
       {"BUG:", "WARNING:", "Oops", "Call Trace", "rcu: INFO", "general protection", "lockdep"}) {
    if (const auto at = log.find(word); at != std::string::npos) {
      std::fprintf(stderr, "the kernel says: %s\n", log.substr(at, log.find('\n', at) - at).c_str());
      ++found;
    }
  }
  klogctl(5, nullptr, 0);  // heard; the ring buffer would run over
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const auto image = argc == 3 ? kjump::Image::open(argv[1]) : kjump::Image::open("");
  if (!image) {
    std::fprintf(stderr, "usage: soak IMAGE JUMPS; %s\n", image.error().text().c_str());
    return 2;
  }
  const int jumps = std::atoi(argv[2]);
  int failures = complaints();
  std::vector<Memory> memory;
  for (int done = 0; done < jumps; done += kJumpsInSession) {
    const auto seed = static_cast<unsigned char>(done / kJumpsInSession);
    failures += load_disk(seed) && load_timers() ? 0 : 1;
    failures += jump_in_one_session(*image, std::min(kJumpsInSession, jumps - done));
    failures += load_disk(static_cast<unsigned char>(seed + 128)) && load_timers() ? 0 : 1;
    char loaded = '?';
    std::ifstream("/sys/kernel/kexec_loaded") >> loaded;
    failures += loaded == '0' ? 0 : 1;
    failures += complaints();
    memory.push_back(settled_memory());
    std::printf("jumps %d failures %d MemFree %ld Slab %ld\n", std::min(done + kJumpsInSession, jumps),
                failures, memory.back().free_kib, memory.back().slab_kib);
    std::fflush(stdout);
  }
  const auto third = static_cast<std::ptrdiff_t>((memory.size() + 2) / 3);
  const Memory first = std::accumulate(memory.begin(), memory.begin() + third, Memory{0, LONG_MAX}, better);
  const Memory last = std::accumulate(memory.end() - third, memory.end(), Memory{0, LONG_MAX}, better);
  const long lost = first.free_kib - last.free_kib;
  const long grown = last.slab_kib - first.slab_kib;
  std::printf("lost %ld KiB, slab grew %ld KiB\n", lost, grown);
  failures += (lost > kMayGrowKib ? 1 : 0) + (grown > kMayGrowKib ? 1 : 0);
  std::printf("failures %d\n", failures);
}
