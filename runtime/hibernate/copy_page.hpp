// SPDX-License-Identifier: MIT
/// Whole pages from one place to another.
#pragma once

#include <kjump/abi/layout.hpp>

namespace kjump::hibernate {

/// Neither needs to be aligned. As fast as a string instruction on a processor, and nearly twice as fast
/// where one is emulated, step by step.
inline void copy_page(void* to, const void* from) {
  typedef long long Vector __attribute__((vector_size(16), may_alias, aligned(1)));
  constexpr uint32_t kUnrolled = 4;
  Vector* out = static_cast<Vector*>(to);  // NOLINT(modernize-use-auto): deduction would lose the alignment
  const Vector* in = static_cast<const Vector*>(from);  // NOLINT(modernize-use-auto)
  for (uint32_t i = 0; i < abi::kPageBytes / sizeof(Vector); i += kUnrolled) {
    const Vector a = in[i];
    const Vector b = in[i + 1];
    const Vector c = in[i + 2];
    const Vector d = in[i + 3];
    out[i] = a;
    out[i + 1] = b;
    out[i + 2] = c;
    out[i + 3] = d;
  }
}

}  // namespace kjump::hibernate
