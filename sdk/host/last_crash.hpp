// SPDX-License-Identifier: MIT
/// <kjump/last_crash.hpp> on any System.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <kjump/last_crash.hpp>

#include "host/boot_id.hpp"
#include "host/system.hpp"

namespace kjump {

/// From the bytes of the record's page, whatever they are.
[[nodiscard]] std::optional<LastCrash> parse_last_crash(std::span<const std::byte> page, const BootId& now);
[[nodiscard]] Result<std::optional<LastCrash>> read_last_crash_on(const System& system);
[[nodiscard]] Result<void> clear_last_crash_on(const System& system);

}  // namespace kjump
