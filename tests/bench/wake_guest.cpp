// SPDX-License-Identifier: MIT
// Runs inside the guest: round trips through the wake door, alternately with suspends as rtcwake makes them,
// the alarm equally far ahead. Prints one line of microseconds a round: "EMPTY THOUSAND BARE".
//
// The clock is the time-stamp counter. CLOCK_BOOTTIME is no better than the real-time clock's seconds for
// time asleep: the kernel adds what that clock says. Under QEMU's TCG the counter goes on through S3; each
// round holds it against the real-time clock's seconds, asleep and awake, and a counter that stood still or
// began anew ends the measurement.
//
// Both kinds wait for the clock's next second before they ask for sleep. That wait is the clock's and is left
// out; what kjump does before it (checks, placing the image) and after it counts.
#include <unistd.h>
#include <x86intrin.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <kjump/image.hpp>
#include <kjump/session.hpp>

namespace {

constexpr std::uint32_t kAlarmSeconds = 2;
constexpr const char* kAlarm = "/sys/class/rtc/rtc0/wakealarm";
constexpr double kMicroseconds = 1e6;

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::exit(1);
}

void write_line(const char* path, const std::string& text) {
  std::ofstream file(path);
  if (!(file << text << std::endl)) {
    die(std::string("cannot write ") + path);
  }
}

std::int64_t clock_seconds() {
  std::ifstream file("/sys/class/rtc/rtc0/since_epoch");
  std::int64_t seconds = 0;
  if (!(file >> seconds)) {
    die("the real-time clock cannot be read");
  }
  return seconds;
}

/// The moment at which the real-time clock's second changed.
struct Tick {
  std::int64_t second;
  std::uint64_t ticks;
};

Tick next_tick() {
  constexpr int kPollMicroseconds = 500;
  const std::int64_t old = clock_seconds();
  for (;;) {
    if (const std::int64_t now = clock_seconds(); now != old) {
      return {now, __rdtsc()};
    }
    usleep(kPollMicroseconds);
  }
}

double rate_between(const Tick& from, const Tick& to) {
  return static_cast<double>(to.ticks - from.ticks) / static_cast<double>(to.second - from.second);
}

/// One counter for all rounds.
class Stopwatch {
 public:
  Stopwatch() {
    constexpr int kSample = 3;  // seconds
    const Tick first = next_tick();
    for (int i = 0; i < kSample; ++i) {
      begin_ = next_tick();
    }
    rate_ = rate_between(first, begin_);
  }

  /// Microseconds of `round`, which gets TSC ticks: now, when a second begins, and in one second. It returns
  /// the ticks it spent.
  template <typename Round>
  double time(Round round) {
    const double spent = round(begin_.ticks, rate_);
    const Tick old = begin_;
    begin_ = settled_tick();
    // A second of doubt: just after a sleep a tick is seen late.
    constexpr double kTolerance = 0.25;
    if (std::abs(rate_between(old, begin_) / rate_ - 1) > kTolerance) {
      die("the time-stamp counter does not go on through a sleep: nothing here can measure it");
    }
    return spent / rate_ * kMicroseconds;
  }

 private:
  /// A tick that came when it was due, seen from the one before: the guest has become quiet.
  [[nodiscard]] Tick settled_tick() const {
    constexpr int kPatience = 20;
    constexpr double kTolerance = 0.005;
    Tick before = next_tick();
    for (int i = 0; i < kPatience; ++i) {
      const Tick tick = next_tick();
      if (std::abs(rate_between(before, tick) / rate_ - 1) < kTolerance) {
        return tick;
      }
      before = tick;
    }
    die("the guest does not become quiet");
  }

  Tick begin_{};
  double rate_ = 0;
};

double kjump_round(const kjump::Image& image, std::uint64_t begin, double second) {
  auto session = kjump::Session::open(image, {kjump::DoorChoice::kWake, kAlarmSeconds});
  if (!session) {
    die(session.error().text());
  }
  const auto before_wait = static_cast<double>(__rdtsc() - begin);
  if (before_wait > second) {
    die("the checks took longer than a second: which second kjump waited for is unknown");
  }
  const auto jump = session->jump({});
  if (!jump) {
    die(jump.error().text());
  }
  if (jump->outcome != kjump::abi::Outcome::kReturned || jump->status != 0 || !session->notes().empty()) {
    die("the jump failed or was made twice");
  }
  if (!session->close()) {
    die("the session cannot be closed");
  }
  return before_wait + static_cast<double>(__rdtsc() - begin) - second;
}

double bare_round(std::uint64_t begin, double second) {
  write_line(kAlarm, "0");
  write_line(kAlarm, std::to_string(next_tick().second + kAlarmSeconds));
  write_line("/sys/power/state", "mem");
  write_line(kAlarm, "0");
  return static_cast<double>(__rdtsc() - begin) - second;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: wake_guest EMPTY THOUSAND ROUNDS\n");
    return 2;
  }
  const auto empty = kjump::Image::open(argv[1]);
  const auto thousand = kjump::Image::open(argv[2]);
  if (!empty || !thousand) {
    die("cannot read the images");
  }
  Stopwatch watch;
  watch.time(bare_round);  // the first sleep after the boot takes longer
  const auto jump_into = [&](const kjump::Image& image) {
    return watch.time([&](std::uint64_t begin, double second) { return kjump_round(image, begin, second); });
  };
  const int rounds = std::atoi(argv[3]);
  for (int i = 0; i < rounds; ++i) {
    // What a sleep leaves behind is paid for by the next one: the two to be compared change places.
    const bool bare_first = i % 2 != 0;
    const double first = bare_first ? watch.time(bare_round) : jump_into(*empty);
    const double second = bare_first ? jump_into(*empty) : watch.time(bare_round);
    const double ours = bare_first ? second : first;
    const double bare = bare_first ? first : second;
    const double calls = jump_into(*thousand);
    std::printf("%.0f %.0f %.0f\n", ours, calls, bare);
  }
}
