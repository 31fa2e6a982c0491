// SPDX-License-Identifier: MIT
/// Variables that real-mode code shares with flat code: they are linked at their offsets in the real segment.
#pragma once

#include <stdint.h>

#include <kjump/abi/layout.hpp>

namespace kjump::platform {

template <typename T>
volatile T& in_real_segment(const char* offset) {
  const auto address = abi::kRealBase + static_cast<uint32_t>(reinterpret_cast<uintptr_t>(offset));
  return *reinterpret_cast<volatile T*>(address);
}

}  // namespace kjump::platform
