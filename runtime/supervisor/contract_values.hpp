// SPDX-License-Identifier: MIT
/// The lines of the contract report that are one number each, read from the processor or from a device, the
/// same way before and after. Physical mode.
#pragma once

#include <kjump/abi/contract.hpp>

namespace kjump::supervisor {

struct ContractValue {
  abi::ContractLine line;
  uint32_t index;
  uint64_t value;
  uint16_t bytes;
};

using VisitValue = void (*)(void* context, const ContractValue& value);

/// Calls visit for every value of the classes, always in the same order. Lines whose bit is set in `skipped`
/// are left out.
void visit_values(uint32_t classes, uint32_t skipped, uint32_t hpet_base, VisitValue visit, void* context);

/// Lines that this machine has not got.
[[nodiscard]] uint32_t missing_values(uint32_t hpet_base);

/// Makes it again what it was. False: that cannot be done, or must not.
bool restore(const ContractValue& value, uint32_t hpet_base);

}  // namespace kjump::supervisor
