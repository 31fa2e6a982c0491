// SPDX-License-Identifier: MIT
/// Variables that real-mode code shares with flat code: they are linked at their offsets in the real segment.
#pragma once

#include <stdint.h>

#include <kjump/abi/layout.hpp>

namespace kjump::platform {

/// The variable at `symbol`, or some bytes behind it.
template <typename T>
volatile T& in_real_segment(const char* symbol, uint32_t offset = 0) {
  return *reinterpret_cast<volatile T*>(abi::kRealBase + reinterpret_cast<uintptr_t>(symbol) + offset);
}

}  // namespace kjump::platform
