// SPDX-License-Identifier: MIT
/// One redirection entry of an I/O APIC (82093AA data sheet). Physical addresses, paging off.
#pragma once

#include <stdint.h>

namespace kjump::platform {

class IoApic {
 public:
  /// `base` 0: there is none, pins() is 0.
  constexpr explicit IoApic(uint32_t base) : base_(base) {}

  [[nodiscard]] uint32_t pins() const;
  [[nodiscard]] uint64_t read_entry(uint32_t pin) const;
  /// The pin is masked while the entry changes.
  void write_entry(uint32_t pin, uint64_t entry) const;

  /// Masks or unmasks the pin; on return the I/O APIC has seen it.
  void set_mask(uint32_t pin, bool masked) const;

  /// An edge of the pin becomes an NMI of that processor.
  [[nodiscard]] static constexpr uint64_t nmi_for(uint32_t apic_id) {
    return uint64_t{apic_id} << 56 | 4u << 8;
  }
  static constexpr uint64_t kMasked = 1u << 16;

 private:
  [[nodiscard]] uint32_t read(uint32_t index) const;
  void write(uint32_t index, uint32_t value) const;

  uint32_t base_;
};

}  // namespace kjump::platform
