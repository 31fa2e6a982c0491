// SPDX-License-Identifier: MIT
#include "host/doors.hpp"

#include <algorithm>
#include <utility>

#include "host/check_calls.hpp"
#include "host/checks.hpp"
#include "host/kexec_door.hpp"
#include "host/open_session.hpp"
#include "host/wake/wake_door.hpp"

namespace kjump {
namespace {

Result<ChosenDoor> take(std::unique_ptr<Door> door, std::string why) {
  KJUMP_CHECK(door->can_open());
  return ChosenDoor{std::move(door), std::move(why)};
}

// Both errors in one: whoever wants to jump has to mend either.
Failure no_door(const Error& kexec, const Error& wake) {
  Error error = kexec;
  error.what = "no door opens. kexec: " + kexec.what + ". wake: " + wake.what;
  error.subject = kexec.subject + ", " + wake.subject;
  error.hint = "for kexec: " + kexec.hint + "; for wake: " + wake.hint;
  return Failure(std::move(error));
}

}  // namespace

Result<ChosenDoor> choose_door(System& system, const DoorOptions& options, const ImageInfo& info) {
  const auto wake_door = [&] { return std::make_unique<WakeDoor>(system, options.alarm_seconds); };
  if (options.choice == DoorChoice::kWake) {
    return take(wake_door(), "as asked");
  }
  const bool automatic = options.choice == DoorChoice::kAuto;
  auto kexec = take(std::make_unique<KexecDoor>(system), automatic ? "the kernel can" : "as asked");
  if (kexec || !automatic || info.wake_entry == 0 || kexec.error().code == ErrorCode::kBusy) {
    return kexec;
  }
  auto wake = take(wake_door(), "the kexec door is closed: " + kexec.error().what);
  return wake ? std::move(wake) : no_door(kexec.error(), wake.error());
}

const DoorExamination* Examination::door() const {
  const auto first =
      std::find_if(doors.begin(), doors.end(), [](const DoorExamination& door) { return door.opens(); });
  return all_passed(machine) && first != doors.end() ? &*first : nullptr;
}

Examination examine_host() {
  System& system = this_machine();
  KexecDoor kexec(system);
  WakeDoor wake(system);
  std::vector<Check> machine = examine_machine(system, Needs{});
  for (Check& remark : processor_remarks(system)) {
    machine.push_back(std::move(remark));
  }
  machine.push_back(unsafe_calls_remark(system));
  return {std::move(machine), {{kexec.name(), kexec.examine()}, {wake.name(), wake.examine()}}};
}

std::unique_ptr<Door> make_kexec_door() {
  return std::make_unique<KexecDoor>(this_machine());
}

std::unique_ptr<Door> make_wake_door(std::uint32_t alarm_seconds) {
  return std::make_unique<WakeDoor>(this_machine(), alarm_seconds);
}

}  // namespace kjump
