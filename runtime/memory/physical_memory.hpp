// SPDX-License-Identifier: MIT
/// Single values at physical addresses, in any payload mode. Real mode reaches the first MiB.
#pragma once

#include <kjump/payload.hpp>

namespace kjump {

template <typename T>
[[nodiscard]] inline T read_physical(PhysicalAddress address) {
  T value;
  copy_from_physical(&value, address, sizeof value);
  return value;
}

template <typename T>
inline void write_physical(PhysicalAddress address, T value) {
  copy_to_physical(address, &value, sizeof value);
}

}  // namespace kjump
