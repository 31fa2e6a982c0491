// SPDX-License-Identifier: MIT
/// MTRRs and the PAT (SDM volume 3, 11.11 and 11.12). Physical mode.
#pragma once

#include <stdint.h>

namespace kjump::platform {

inline constexpr uint32_t kMsrPat = 0x277;

[[nodiscard]] bool has_mtrrs();
[[nodiscard]] bool has_pat();

/// Calls visit(context, number) for every MTRR that the processor has.
void visit_mtrrs(void (*visit)(void* context, uint32_t msr), void* context);

/// Writes one of them as the SDM wants it (11.11.8): with caches off and empty, and MTRRs disabled.
void write_mtrr(uint32_t msr, uint64_t value);

}  // namespace kjump::platform
