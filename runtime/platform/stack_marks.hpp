// SPDX-License-Identifier: MIT
/// How deep the stacks of a jump go: they are filled with a pattern before the payload runs, and what is
/// still there afterwards was not used. A word that happens to hold the pattern counts as unused. Physical
/// mode.
#pragma once

#include <kjump/abi/exchange.hpp>

namespace kjump::platform {

/// Fills all stacks, that of the supervisor below the caller's frame. Before the stack guards are set: the
/// pattern goes over the guarded words, too.
void fill_stacks();

/// Of the payload that runs now, or ran last.
[[nodiscard]] abi::StackMark stack_mark(abi::Stack stack);

/// The highest use of the firmware calls' stack, as far as it is above `bytes`; else `bytes`. Looks no
/// further up than that.
[[nodiscard]] uint32_t firmware_stack_beyond(uint32_t bytes);

}  // namespace kjump::platform
