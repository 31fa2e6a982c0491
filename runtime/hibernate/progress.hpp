// SPDX-License-Identifier: MIT
/// What the person in front of the machine sees, and the Escape key.
#pragma once

#include <kjump/abi/hibernate/times.hpp>
#include <kjump/payload.hpp>

namespace kjump::hibernate {

/// A line for every tenth of the work, with its speed.
class Progress {
 public:
  Progress(const char* what, uint64_t total_bytes, uint32_t ticks_per_ms);
  void at(uint64_t bytes);

 private:
  const char* what_;
  uint64_t total_;
  uint64_t start_;
  uint32_t ticks_per_ms_;
  uint32_t shown_ = 0;  ///< tenths
};

/// Was Escape pressed, on the keyboard or on COM1? Takes what is there off both.
[[nodiscard]] bool escape_pressed();

/// Some seconds, for a sentence on the screen.
void leave_time_to_read();

/// Adds the ticks since it was made, or since the last time, to somebody's sum.
class Stopwatch {
 public:
  void lap(uint64_t& sum) {
    const uint64_t now = read_tsc();
    sum += now - start_;
    start_ = now;
  }

 private:
  uint64_t start_ = read_tsc();
};

/// Microseconds between two readings of the time stamp counter.
[[nodiscard]] uint64_t microseconds(uint64_t from, uint64_t to, uint32_t ticks_per_ms);
/// Adds work that was measured in ticks to a sum in microseconds.
inline void add_microseconds(const abi::hibernate::Work& ticks, uint32_t ticks_per_ms,
                             abi::hibernate::Work& sum) {
  sum.look += microseconds(0, ticks.look, ticks_per_ms);
  sum.compress += microseconds(0, ticks.compress, ticks_per_ms);
  sum.hash += microseconds(0, ticks.hash, ticks_per_ms);
  sum.wait += microseconds(0, ticks.wait, ticks_per_ms);
}

}  // namespace kjump::hibernate
