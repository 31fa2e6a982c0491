// SPDX-License-Identifier: MIT
/// Time for deadlines: the time stamp counter.
#pragma once

#include <stdint.h>

#include <kjump/disk.hpp>

namespace kjump::disk {

/// Ticks in a millisecond, measured for 10 ms with channel 2 of the 8254; port 61h is left as it was. Where
/// that timer stands still (clock gating), an upper bound for any processor: deadlines then come late, never
/// early.
[[nodiscard]] uint32_t measure_ticks_per_ms();

/// A deadline from now on, to be asked in a loop that polls.
class Deadline {
 public:
  Deadline(const Disk& disk, uint32_t ms);
  /// As long as the disk's timeout.
  explicit Deadline(const Disk& disk);
  [[nodiscard]] bool passed() const;

 private:
  uint64_t end_;
};

void wait_ms(const Disk& disk, uint32_t ms);

/// For loops that wait: lets an emulator run its other threads.
inline void relax() {
  asm volatile("pause" : : : "memory");
}

}  // namespace kjump::disk
