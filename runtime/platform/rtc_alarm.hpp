// SPDX-License-Identifier: MIT
/// The alarm of the MC146818 real-time clock, port 70h, as a one-shot timer in whole seconds. Physical mode.
#pragma once

#include <stdint.h>

namespace kjump::platform {

class RtcAlarm {
 public:
  /// The alarm's hour is left open.
  static constexpr uint32_t kLongestMs = 58 * 60 * 1000;

  /// Notes how the alarm was set.
  void take();
  /// IRQ 8 rises once, `delay_ms` to `delay_ms` + 2,000 from now, unless somebody else uses the clock's
  /// interrupts: a second may be about to end, and the clock has nothing finer to compare with. Never, if
  /// that is longer than kLongestMs.
  void set(uint32_t delay_ms) const;
  /// As take() found it; IRQ 8 is low.
  void put_back() const;

 private:
  uint8_t second_ = 0;
  uint8_t minute_ = 0;
  uint8_t hour_ = 0;
  uint8_t control_ = 0;  ///< register B
};

}  // namespace kjump::platform
