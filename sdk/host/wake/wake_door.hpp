// SPDX-License-Identifier: MIT
/// The wake door: ACPI S3 on a kernel of any configuration. The image lies in low memory, a far jump to it in
/// the kernel's wake-up code; the alarm wakes the machine, firmware runs into the image, and the image goes
/// on to Linux (wake_door.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/door.hpp>

#include "host/system.hpp"
#include "host/wake/event_watch.hpp"
#include "host/wake/placed_image.hpp"
#include "host/wake/rtc_alarm.hpp"
#include "host/wake/wake_state.hpp"

namespace kjump {

/// Between two passages, and outside of go_through(), the machine's wake-up code is the kernel's own: an
/// ordinary suspend is safe at any time.
class WakeDoor final : public Door {
 public:
  /// `system` must outlive the door. `alarm_seconds` 0: as early as a measured suspend allows.
  explicit WakeDoor(System& system, std::uint32_t alarm_seconds = 0)
      : system_(system), alarm_seconds_(alarm_seconds) {}
  WakeDoor(const WakeDoor&) = delete;
  WakeDoor& operator=(const WakeDoor&) = delete;
  WakeDoor(WakeDoor&&) = delete;
  WakeDoor& operator=(WakeDoor&&) = delete;
  ~WakeDoor() override;

  [[nodiscard]] std::string name() const override { return "wake"; }
  [[nodiscard]] std::vector<Check> examine() override;
  [[nodiscard]] Result<void> describe(abi::LoaderParameters& parameters) override;
  [[nodiscard]] Result<void> prepare(const ImageInfo& info, const std::vector<Segment>& segments) override;
  [[nodiscard]] Result<Passage> go_through() override;
  [[nodiscard]] Result<void> put_back() override;

 private:
  struct Attempt;
  /// Nanoseconds from the request to suspend until the alarm has to go off.
  [[nodiscard]] Result<std::uint64_t> choose_lead(Passage& passage);
  [[nodiscard]] Result<void> be_ready(RtcAlarm& alarm, EventWatch& watch, std::uint64_t lead_ns,
                                      WakeState& state);
  [[nodiscard]] Result<Attempt> attempt(std::uint64_t lead_ns, Passage& passage);
  [[nodiscard]] Result<void> suspend_with_jump(Attempt& attempt, Passage& passage);

  System& system_;
  std::uint32_t alarm_seconds_;
  std::optional<PlacedImage> image_;
  WakeCode code_;
  WakeJump jump_{};
};

}  // namespace kjump
