// SPDX-License-Identifier: MIT
/// Where a jump leaves its trail for the case that it does not come back. Physical mode.
#pragma once

#include <kjump/abi/crash_record.hpp>
#include <kjump/abi/image.hpp>

namespace kjump::supervisor {

/// Chooses the crash record, if the loader has made one, for set_stage() and the thunk.
void find_trail(const abi::LoaderParameters& parameters);
void set_stage(abi::Stage stage);

}  // namespace kjump::supervisor
