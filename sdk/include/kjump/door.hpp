// SPDX-License-Identifier: MIT
/// Doors: how Linux lets go of the processor and takes it back. There are two, see docs/doors.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kjump/doctor.hpp>
#include <kjump/image.hpp>
#include <kjump/result.hpp>

namespace kjump {

/// TSC values around one passage, taken in user space on CPU 0.
struct Passage {
  std::uint64_t tsc_before = 0;
  std::uint64_t tsc_after = 0;
  /// From tsc_before to tsc_after by CLOCK_BOOTTIME, for a door at which the counter may have been reset in
  /// between. While the machine slept that clock is only as good as the real-time clock's seconds.
  std::optional<std::uint64_t> away_ns;
  std::vector<std::string> notes;  ///< remarks for the user
};

class Door {
 public:
  Door() = default;
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  Door(Door&&) = delete;
  Door& operator=(Door&&) = delete;
  virtual ~Door() = default;
  [[nodiscard]] virtual std::string name() const = 0;

  /// What this door needs of the machine, one check each. Touches nothing.
  [[nodiscard]] virtual std::vector<Check> examine() = 0;

  /// Can it open on this machine, now? The first failure of examine(): why not and what to do.
  [[nodiscard]] Result<void> can_open() { return first_failure(examine()); }

  /// Fills in what this door's way back needs (kernel GDT, ...). Touches nothing.
  [[nodiscard]] virtual Result<void> describe(abi::LoaderParameters& parameters) = 0;

  /// Puts the segments where the jump will find them. Call put_back() afterwards, whatever happens.
  [[nodiscard]] virtual Result<void> prepare(const ImageInfo& info, const std::vector<Segment>& segments) = 0;

  /// Jumps and comes back. May be called again and again after one prepare().
  [[nodiscard]] virtual Result<Passage> go_through() = 0;

  /// Undoes prepare(); harmless when there is nothing to undo.
  [[nodiscard]] virtual Result<void> put_back() = 0;
};

/// Which door a caller wants. kAuto: kexec where the kernel can, else wake.
enum class DoorChoice { kAuto, kKexec, kWake };

struct DoorOptions {
  DoorChoice choice = DoorChoice::kAuto;
  /// Wake door: the alarm goes off that many seconds after the suspend begins. 0: as early as is safe.
  std::uint32_t alarm_seconds = 0;
};

[[nodiscard]] std::unique_ptr<Door> make_kexec_door();
[[nodiscard]] std::unique_ptr<Door> make_wake_door(std::uint32_t alarm_seconds = 0);

}  // namespace kjump
