// SPDX-License-Identifier: MIT
#include "platform/real_vectors.hpp"

#include <kjump/abi/fault.hpp>
#include <kjump/abi/layout.hpp>
#include <kjump/abi/processor.hpp>

// Both linked at their offsets in the real segment.
extern "C" const char kjump_real_hooks[];
extern "C" char kjump_saved_vectors[];

namespace kjump::platform {

namespace {

volatile uint32_t* vector_table() {
  uint32_t address = 0;
  asm("" : "+r"(address));  // a constant null pointer would be the compiler's to reason about
  return reinterpret_cast<volatile uint32_t*>(address);
}

uint32_t* saved_vectors() {
  return reinterpret_cast<uint32_t*>(abi::kRealBase + reinterpret_cast<uintptr_t>(kjump_saved_vectors));
}

constexpr bool hooked(uint32_t vector) {
  return (abi::kHookedVectorMask >> vector & 1) != 0;
}

uint32_t hook(uint32_t vector) {
  const auto first = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(kjump_real_hooks));
  return abi::kRealSegment << 16 | (first + vector * abi::kHookBytes);
}

}  // namespace

RealVectors::RealVectors() {
  for (uint32_t vector = 0; vector < abi::kHookedVectors; ++vector) {
    saved_vectors()[vector] = vector_table()[vector];
    if (hooked(vector)) {
      vector_table()[vector] = hook(vector);
    }
  }
}

RealVectors::~RealVectors() {
  for (uint32_t vector = 0; vector < abi::kHookedVectors; ++vector) {
    if (vector_table()[vector] == hook(vector)) {
      vector_table()[vector] = saved_vectors()[vector];
    }
  }
}

}  // namespace kjump::platform
