// SPDX-License-Identifier: MIT
/// The machine that a payload was taken from, and how to become another one. Physical and long mode.
///
/// A payload that has put the memory of a machine back that was saved earlier also puts back how that one's
/// kernel had entered: become(), and then kjump_main returns. The stub's way back, that of the saved
/// machine's door, needs nothing else.
#pragma once

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/image.hpp>

namespace kjump {

/// Processor and interrupt hardware as this jump's entry found them. Complete when kjump_main runs.
[[nodiscard]] const abi::EntryState& entry_state();

/// What the loader told this image.
[[nodiscard]] const abi::LoaderParameters& loader_parameters();

/// From now on the machine that this payload came from is no more: memory is about to be overwritten. A
/// fault, a deadline or a return resets the machine, unless become() comes first; and writes just below the
/// image are no longer taken for a mistake.
void burn_bridges();

/// Leave through the door of `entry` when kjump_main returns, to the kernel that is described. Interrupt
/// hardware is left as `entry` says, and the exchange is taken for that kernel's: its header may have been
/// replaced as a whole, but must lie where it is. False, and nothing changed: there is no way back to such a
/// machine; a kernel through the kexec door has one, and any through the wake door.
bool become(const abi::EntryState& entry, const abi::LoaderParameters& parameters);

}  // namespace kjump
