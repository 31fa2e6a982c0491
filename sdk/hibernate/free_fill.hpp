// SPDX-License-Identifier: MIT
/// What the kernel expects of the content of free pages. Free pages are not saved: where their content
/// matters, the restore payload has to make it (hibernation.md H16).
#pragma once

#include <string>

#include <kjump/abi/hibernate/kernel.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct FreeFillFinding {
  abi::hibernate::FreeFill fill = abi::hibernate::FreeFill::kNothing;
  std::string source;  ///< what says so, in words
};

/// Where nothing tells, free pages are to be zero: that is right for every kernel but one with page_poison,
/// and that one has it on its command line.
[[nodiscard]] FreeFillFinding find_free_fill(const System& system);

}  // namespace kjump::hibernate
