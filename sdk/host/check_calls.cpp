// SPDX-License-Identifier: MIT
#include "host/check_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "host/checks.hpp"
#include "host/firmware.hpp"
#include "host/taken_devices.hpp"

namespace kjump {
namespace {

constexpr const char* kInsist = "--unsafe makes the call all the same";

/// Why a call is unsafe here.
struct Danger {
  std::string why;
  std::string device;
};

// Measured with SeaBIOS 1.16.2 behind both doors: docs/doors.md.
std::optional<Danger> danger_of_disk(const System& system, bool woken) {
  auto controller = taken_disk_controller(system, woken);
  if (!controller) {
    return std::nullopt;
  }
  return Danger{woken
                    ? "firmware that has just woken the machine does not set this disk controller up again; "
                      "only IDE works, elsewhere the call is known to hang or to fail"
                    : "Linux has set this disk controller up anew since firmware did; only IDE works, "
                      "elsewhere the call hangs or fails",
                *std::move(controller)};
}

std::optional<Danger> danger_of(const System& system, const CallTraits& traits, bool woken) {
  const auto danger = [](const char* why, std::optional<std::string> device) {
    return device ? std::optional(Danger{why, *std::move(device)}) : std::nullopt;
  };
  switch (traits.device) {
    case CallDevice::kDisk:
      return danger_of_disk(system, woken);
    case CallDevice::kDisplay:
      return danger("a driver of Linux drives this video card, which its BIOS does not know",
                    taken_video_card(system));
    case CallDevice::kKeyboard:
      return danger(
          "firmware stood in for this USB keyboard until Linux took it over; no key arrives any more",
          taken_keyboard(system));
    case CallDevice::kNone:
      break;
  }
  return traits.call_class == CallClass::kUnsafe
             ? std::optional(Danger{"it takes the machine from Linux and does not give it back", "BIOS"})
             : std::nullopt;
}

Failure refused(const PlannedCall& call, Danger danger) {
  return fail(ErrorCode::kUnsupported, fmt::format("{} is unsafe after Linux: {}", name_of(call), danger.why),
              std::move(danger.device), kInsist);
}

Failure empty_vector(const PlannedCall& call) {
  return fail(ErrorCode::kUnsupported, fmt::format("nobody serves {}: its vector is empty", name_of(call)),
              fmt::format("vector at {:#x}", call.vector * 4), "this firmware has no such service");
}

void note(std::vector<std::string>& notes, std::string text) {
  if (std::find(notes.begin(), notes.end(), text) == notes.end()) {
    notes.push_back(std::move(text));
  }
}

}  // namespace

Result<std::vector<std::string>> check_calls(const System& system, const std::vector<PlannedCall>& calls,
                                             const CallConditions& conditions) {
  std::vector<std::string> notes;
  if (calls.empty()) {
    return notes;
  }
  KJUMP_TRY(const LowMemoryFacts facts, read_page_zero(system));
  for (const PlannedCall& call : calls) {
    auto danger = danger_of(system, traits_of(call), conditions.woken);
    if (danger && !conditions.allow_unsafe) {
      return refused(call, *std::move(danger));
    }
    if (danger) {
      note(notes,
           fmt::format("{} is unsafe after Linux: {} ({})", name_of(call), danger->why, danger->device));
    }
    const VectorPlace place = facts.place_of(call.vector);
    if (place == VectorPlace::kEmpty) {
      return empty_vector(call);
    }
    if (place == VectorPlace::kElsewhere) {
      note(notes,
           fmt::format("the vector of INT {:02X}h leads to {}, neither ROM nor memory that firmware has "
                       "reserved; Linux may have overwritten what was there",
                       call.vector, facts.vector_text(call.vector)));
    }
  }
  return notes;
}

Check unsafe_calls_remark(const System& system) {
  static constexpr const char* kId = "unsafe-calls";
  static constexpr const char* kTitle = "firmware's devices are still firmware's";
  std::string finding;
  for (const std::uint8_t vector : std::array<std::uint8_t, 3>{0x10, 0x13, 0x16}) {
    const PlannedCall any{vector, {}};
    if (const auto danger = danger_of(system, traits_of(any), false)) {
      finding += fmt::format("{}{} ({})", finding.empty() ? "unsafe after Linux: " : ", ", name_of(any),
                             danger->device);
    }
  }
  return finding.empty()
             ? passed(kId, kTitle, "INT 10h, 13h and 16h reach no device that Linux has taken over")
             : remark(kId, kTitle, finding);
}

}  // namespace kjump
