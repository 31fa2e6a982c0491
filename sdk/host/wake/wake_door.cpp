// SPDX-License-Identifier: MIT
#include "host/wake/wake_door.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "host/segment_limits.hpp"
#include "host/wake/check_wake.hpp"
#include "host/wake/forgotten_config.hpp"
#include "host/wake/mem_sleep.hpp"

namespace kjump {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
// Where nothing could be measured.
constexpr std::uint64_t kDefaultLeadNs = 4 * kSecondNs;
// On top of a measured suspend, which counts the way back, too. An alarm that goes off after the kernel's
// last look for events is lost, and the machine sleeps until somebody presses its button: with 200 ms, and
// without an EventWatch, that happened twice in 1,300 passages on a busy emulator, whose clock's ticks are
// seen up to 250 ms late after a wake.
constexpr std::uint64_t kReserveNs = kSecondNs * 6 / 10;
// Held up for longer than this before the suspend: set the alarm anew.
constexpr std::uint64_t kLateNs = kSecondNs / 20;
constexpr int kStarts = 10;

}  // namespace

/// One suspend and what came of it.
struct WakeDoor::Attempt {
  WakeState state;
  Suspended suspended;
  bool entered = false;           ///< the wake entry has run: it has put the displaced bytes back
  bool alarm_came_early = false;  ///< before the machine slept
  std::uint64_t awake_ns = 0;     ///< going to sleep and waking up, without the sleep
};

WakeDoor::~WakeDoor() {
  static_cast<void>(put_back());
}

std::vector<Check> WakeDoor::examine() {
  return check_wake_door(system_);
}

Result<void> WakeDoor::describe(abi::LoaderParameters& parameters) {
  KJUMP_TRY(code_, find_wake_code(system_));
  parameters.wake_code = code_.address;
  std::copy(code_.bytes.begin(), code_.bytes.end(), std::begin(parameters.displaced));
  const std::vector<abi::ConfigWrite> forgotten = forgotten_config(system_);
  std::copy(forgotten.begin(), forgotten.end(), std::begin(parameters.config_writes));
  return {};
}

Result<void> WakeDoor::prepare(const ImageInfo& info, const std::vector<Segment>& segments) {
  if (info.wake_entry == 0) {
    return fail(ErrorCode::kUnsupported, "the image has no entry for the wake door", info.name,
                "link it again with this kjump, or use --door kexec");
  }
  KJUMP_TRY(const SegmentLimits limits, SegmentLimits::read(system_));
  KJUMP_CHECK(limits.check(segments));
  KJUMP_TRY(PlacedImage image, PlacedImage::place(system_, segments));
  image_.emplace(std::move(image));
  jump_ = jump_to(info.wake_entry);
  return {};
}

Result<std::uint64_t> WakeDoor::choose_lead(Passage& passage) {
  if (alarm_seconds_ != 0) {
    return alarm_seconds_ * kSecondNs;
  }
  KJUMP_TRY(const auto duration, suspend_duration(system_));
  if (!duration) {
    passage.notes.emplace_back(
        "this kernel cannot rehearse a suspend (CONFIG_PM_SLEEP_DEBUG): the first alarm leaves it 4 seconds");
    return kDefaultLeadNs;
  }
  return *duration + kReserveNs;
}

Result<Passage> WakeDoor::go_through() {
  if (!image_) {
    return fail(ErrorCode::kInvalid, "no image is in place", "wake door", "call prepare() first");
  }
  Passage passage;
  // The kernel would do it between request and sleep, for as long as it takes.
  system_.sync();
  KJUMP_TRY(std::uint64_t lead, choose_lead(passage));
  KJUMP_TRY(Attempt result, attempt(lead, passage));
  if (result.alarm_came_early && alarm_seconds_ == 0) {
    keep_suspend_duration(system_, 2 * lead);
    passage.notes.push_back(
        fmt::format("the alarm went off before the machine slept; tried once more, {} ms ahead instead of {}",
                    2 * lead / 1'000'000, lead / 1'000'000));
    KJUMP_TRY(result, attempt(2 * lead, passage));
  }
  if (result.entered) {
    keep_suspend_duration(system_, result.awake_ns);
  }
  if (result.suspended.error != 0 && !result.entered) {
    return fail(result.suspended.error == EBUSY ? ErrorCode::kBusy : ErrorCode::kSystem,
                "the machine did not go to sleep", "/sys/power/state", result.suspended.why,
                result.suspended.error);
  }
  if (!result.entered) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the machine slept and woke, but not through the wake-up code at {:#x}", code_.address),
        "wake door", "this firmware or kernel wakes in another way; use --door kexec");
  }
  return passage;
}

// Comes back at the moment to suspend. The alarm goes off with a second of the clock: that moment lies so
// long before one that there is just enough time.
// An alarm that goes off from then on ends the suspend, until interrupts are off.
Result<void> WakeDoor::be_ready(RtcAlarm& alarm, EventWatch& watch, std::uint64_t lead_ns, WakeState& state) {
  const std::uint64_t seconds = (lead_ns + kSecondNs - 1) / kSecondNs;
  // A lead that the user chose is there to be used up by a busy machine, in part.
  const std::uint64_t late = alarm_seconds_ != 0 ? std::max(kLateNs, lead_ns / 4) : kLateNs;
  for (int i = 0; i < kStarts; ++i) {
    KJUMP_TRY(const RtcAlarm::Tick tick, alarm.wait_for_tick());
    const std::uint64_t start = tick.monotonic_ns + seconds * kSecondNs - lead_ns;
    state.alarm = tick.second + seconds;
    KJUMP_CHECK(save_wake_state(system_, state));
    KJUMP_CHECK(alarm.set(state.alarm));
    if (mem_sleep_choice(system_) != kDeep) {
      KJUMP_CHECK(choose_mem_sleep(system_, kDeep));
    }
    const std::uint64_t now = system_.monotonic_ns();
    system_.sleep_ns(start > now ? start - now : 0);
    watch.count();
    if (alarm.armed() == state.alarm && system_.monotonic_ns() < start + late && watch.start()) {
      return {};
    }
  }
  return fail(ErrorCode::kBusy, "this machine is too busy to be asleep in time for an alarm", "wake door",
              "give it more time with --alarm, or try again when it is idle");
}

// Everything is undone at the end, whatever happened; the file is there for the case that we are killed.
Result<WakeDoor::Attempt> WakeDoor::attempt(std::uint64_t lead_ns, Passage& passage) {
  KJUMP_TRY(RtcAlarm alarm, RtcAlarm::find(system_));
  Attempt attempt;
  attempt.state = {code_, jump_, alarm.name(), 0, alarm.armed(), mem_sleep_choice(system_)};
  EventWatch watch(system_);
  Result<void> done = be_ready(alarm, watch, lead_ns, attempt.state);
  if (done) {
    done = suspend_with_jump(attempt, passage);
    watch.stop();
    const auto time = alarm.now();
    attempt.alarm_came_early =
        attempt.suspended.error == EBUSY && !attempt.entered && time && *time >= attempt.state.alarm;
  }
  const auto undone = undo(system_, attempt.state);
  if (undone) {
    remove_wake_state(system_);
  }
  KJUMP_CHECK(done);
  KJUMP_CHECK(undone);
  if (undone->alarm_missed) {
    passage.notes.emplace_back("the alarm that was set before was due meanwhile: it goes off now");
  }
  return attempt;
}

Result<void> WakeDoor::suspend_with_jump(Attempt& attempt, Passage& passage) {
  KJUMP_CHECK(plant(system_, attempt.state));
  const std::uint64_t before = system_.boottime_ns();
  const std::uint64_t awake_before = system_.monotonic_ns();
  passage.tsc_before = system_.timestamp();
  attempt.suspended = suspend_and_explain(system_);
  passage.tsc_after = system_.timestamp();
  passage.away_ns = system_.boottime_ns() - before;
  attempt.awake_ns = system_.monotonic_ns() - awake_before;
  KJUMP_TRY(const bool still_planted, put_wake_code_back(system_, attempt.state));
  attempt.entered = !still_planted;
  return {};
}

Result<void> WakeDoor::put_back() {
  image_.reset();
  return {};
}

}  // namespace kjump
