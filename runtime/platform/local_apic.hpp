// SPDX-License-Identifier: MIT
/// The local APIC of the boot processor, in xAPIC (memory) or x2APIC (MSR) mode.
#pragma once

#include <stdint.h>

#include <kjump/abi/local_apic.hpp>

namespace kjump::platform {

using abi::kApicId;
using abi::kApicLint0;
using abi::kApicLint1;
using abi::kApicSpurious;
using abi::kApicTaskPriority;
using abi::kApicTimer;

class LocalApic {
 public:
  LocalApic();

  [[nodiscard]] uint64_t base_msr() const { return base_msr_; }
  [[nodiscard]] bool x2apic() const;
  [[nodiscard]] uint32_t id() const;
  /// 0 when the APIC is globally disabled.
  [[nodiscard]] uint32_t read(uint32_t offset) const;
  void write(uint32_t offset, uint32_t value) const;
  /// Calls visit(context, offset, value) for TPR, SVR and every entry of the local vector table, without the
  /// bits that only tell what is under way.
  void visit_registers(void (*visit)(void* context, uint32_t offset, uint32_t value), void* context) const;

  /// There is one, and it can be reached.
  [[nodiscard]] bool enabled() const;

 private:
  uint64_t base_msr_;
};

}  // namespace kjump::platform
