// SPDX-License-Identifier: MIT
/// What the kernel means by suspending, and how long it takes to do so
/// (Documentation/admin-guide/pm/sleep-states.rst, Documentation/power/basic-pm-debugging.rst).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

inline constexpr const char* kMemSleepFile = "/sys/power/mem_sleep";
inline constexpr const char* kDeep = "deep";  ///< ACPI S3

/// The choice in brackets, as in "s2idle [deep]"; empty when there is none.
[[nodiscard]] std::string mem_sleep_choice(const System& system);
[[nodiscard]] bool mem_sleep_offers(const System& system, const std::string& choice);
[[nodiscard]] Result<void> choose_mem_sleep(System& system, const std::string& choice);

/// How long it takes from asking for S3 until the machine would sleep, in nanoseconds: an upper bound from a
/// rehearsal that does all of a suspend but the sleep, and wakes up again (/sys/power/pm_test). Kept in /run
/// for this boot. Empty where the kernel cannot rehearse and none has been kept.
[[nodiscard]] Result<std::optional<std::uint64_t>> suspend_duration(System& system);

/// A real suspend took this long, without the sleep: suspend_duration() is at least that from now on.
void keep_suspend_duration(const System& system, std::uint64_t nanoseconds);

/// How an attempt to suspend ended.
struct Suspended {
  int error = 0;    ///< 0 or the errno of writing to /sys/power/state
  std::string why;  ///< what refused and what to do, from what /sys/power/suspend_stats has counted meanwhile
};
[[nodiscard]] Suspended suspend_and_explain(System& system);

}  // namespace kjump
