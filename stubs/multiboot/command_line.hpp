// SPDX-License-Identifier: MIT
/// What may stand behind the program's name in a boot loader's menu:
///
///     kjump.store=UUID        restore from this store, on whatever disk it is
///     kjump.sector=N          which begins at this sector of it
///     kjump.generation=N      this image, and not the newest
///     kjump.fast              without the pass that only verifies
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/hibernate/restore.hpp>

namespace kjump::multiboot {

inline constexpr size_t kMostCharacters = 1024;

class CommandLine {
 public:
  /// A copy of `text`; what is longer is cut off at a space.
  void take(const char* text);
  /// Words that are none of ours, or make no sense, are left out.
  void apply(abi::hibernate::RestoreRequest& request) const;

 private:
  char text_[kMostCharacters + 1] = {};
};

}  // namespace kjump::multiboot
