// SPDX-License-Identifier: MIT
/// The runtime's handlers in the interrupt vector table (asm/real_exceptions.asm), for as long as the object
/// lives. Physical mode; IF=0.
#pragma once

namespace kjump::platform {

class RealVectors {
 public:
  RealVectors();
  RealVectors(const RealVectors&) = delete;
  RealVectors& operator=(const RealVectors&) = delete;
  /// Puts back the former handlers, but leaves alone what firmware has set meanwhile.
  ~RealVectors();
};

}  // namespace kjump::platform
