// SPDX-License-Identifier: MIT
/// The debug registers watch a double word near the end of every stack, and the one below the image, for as
/// long as the object lives: a write there is a debug exception, in every mode, at the very instruction that
/// did it (SDM volume 3, 17.2). A stack that jumps over the guarded word is not caught. Physical mode.
#pragma once

#include <stdint.h>

namespace kjump::platform {

class StackGuards {
 public:
  StackGuards();
  StackGuards(const StackGuards&) = delete;
  StackGuards& operator=(const StackGuards&) = delete;
  ~StackGuards();  ///< debug registers as they were

 private:
  uint32_t before_[4];
  uint32_t control_before_;
};

}  // namespace kjump::platform
