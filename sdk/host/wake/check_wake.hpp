// SPDX-License-Identifier: MIT
/// The checks of the wake door.
#pragma once

#include <vector>

#include <kjump/doctor.hpp>

#include "host/system.hpp"

namespace kjump {

/// Touches nothing: opens sysfs files for writing without writing, maps low memory for reading.
[[nodiscard]] std::vector<Check> check_wake_door(System& system);

}  // namespace kjump
