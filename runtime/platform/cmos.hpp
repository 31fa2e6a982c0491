// SPDX-License-Identifier: MIT
/// The index of CMOS memory, port 70h. Most chip sets do not let it be read back; what can be known is
/// whether port 71h still gives the byte of the index that was set. Bit 7 of port 70h, the mask of NMIs,
/// shows nowhere: it is opened by every write of ours. Physical mode.
#pragma once

#include <stdint.h>

namespace kjump::platform {

class CmosIndex {
 public:
  /// Looks for a byte that no other index has. None: usable() is false.
  void choose();
  [[nodiscard]] bool usable() const { return index_ != 0; }

  /// Sets the index, NMIs allowed. Returns the byte there.
  uint8_t set() const;
  /// What port 71h gives, with the index that somebody has left. Acknowledges the clock's interrupt, should
  /// that be register C.
  [[nodiscard]] static uint8_t read();

 private:
  uint8_t index_ = 0;
};

}  // namespace kjump::platform
