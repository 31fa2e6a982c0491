// SPDX-License-Identifier: MIT
// Runs inside the guest: round trips of an empty kjump payload and of the bare minimum, alternately, each
// with its own load and unload. Prints one line of TSC ticks a pair: "KJUMP BARE". Under -icount a tick is
// one guest instruction or one nanosecond of a device's time.
//
// On its way through suspend and resume the kernel waits for timer ticks (RCU, processors that go and come),
// so a round trip ends a fixed time after a tick, whatever was done before: 0.7 ms of work may cost nothing,
// or a whole tick. Therefore the pairs begin at moments evenly spread over one tick, and only their mean
// says what the work costs.
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/session.hpp>

namespace {

constexpr unsigned long kPageBytes = 4096;

// After a jump devices finish resuming in the background, and the next suspend waits for them: that wait
// would hide whatever a round trip does before it.
void let_devices_settle() {
  usleep(2'000'000);
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

std::int64_t now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

// Busy until `part` (0 to 1) of the time from one timer tick to the next has gone: the coarse clock goes on
// with each tick, and its resolution is their distance.
void wait_for_moment(double part) {
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  for (const std::int64_t old = now(CLOCK_MONOTONIC_COARSE); now(CLOCK_MONOTONIC_COARSE) == old;) {
  }
  const std::int64_t begin = now(CLOCK_MONOTONIC);
  const auto delay = static_cast<std::int64_t>(static_cast<double>(nanoseconds(tick)) * part);
  while (now(CLOCK_MONOTONIC) - begin < delay) {
  }
}

std::uint64_t kjump_round_trip(const kjump::Image& image, double moment) {
  let_devices_settle();
  wait_for_moment(moment);
  const std::uint64_t before = __rdtsc();
  auto session = kjump::Session::open(image);
  if (!session) {
    std::fprintf(stderr, "%s\n", session.error().text().c_str());
    std::exit(1);
  }
  const auto jump = session->jump({});
  if (!jump || jump->outcome != kjump::abi::Outcome::kReturned || !session->close()) {
    std::fprintf(stderr, "the jump failed\n");
    std::exit(1);
  }
  return __rdtsc() - before;
}

std::uint64_t bare_round_trip(std::vector<char>& code, double moment) {
  let_devices_settle();
  wait_for_moment(moment);
  const std::uint64_t before = __rdtsc();
  kexec_segment segment{code.data(), code.size(), reinterpret_cast<void*>(BARE_ADDRESS), kPageBytes};
  if (syscall(SYS_kexec_load, BARE_ADDRESS, 1, &segment, KEXEC_PRESERVE_CONTEXT) != 0 ||
      syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, nullptr) != 0 ||
      syscall(SYS_kexec_load, 0, 0, nullptr, KEXEC_PRESERVE_CONTEXT) != 0) {
    std::perror("bare jump");
    std::exit(1);
  }
  return __rdtsc() - before;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: guest IMAGE BARE PAIRS\n");
    return 2;
  }
  const auto image = kjump::Image::open(argv[1]);
  std::ifstream file(argv[2], std::ios::binary);
  std::vector<char> bare((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!image || bare.empty()) {
    std::fprintf(stderr, "cannot read %s or %s\n", argv[1], argv[2]);
    return 1;
  }
  bare_round_trip(bare, 0);  // the first jump after the boot takes longer
  const int pairs = std::atoi(argv[3]);
  for (int i = 0; i < pairs; ++i) {
    // The order alternates: what a jump leaves behind (a disk to spin up again) is paid for by the next one.
    const bool bare_first = i % 2 != 0;
    const double moment = static_cast<double>(i) / pairs;
    const std::uint64_t first = bare_first ? bare_round_trip(bare, moment) : kjump_round_trip(*image, moment);
    const std::uint64_t second =
        bare_first ? kjump_round_trip(*image, moment) : bare_round_trip(bare, moment);
    const std::uint64_t ours = bare_first ? second : first;
    const std::uint64_t theirs = bare_first ? first : second;
    std::printf("%llu %llu\n", static_cast<unsigned long long>(ours),
                static_cast<unsigned long long>(theirs));
  }
}
