// SPDX-License-Identifier: MIT
/// The kernel's virtual addresses, through its own page table (hibernation.md 4.4).
#pragma once

#include <kjump/abi/hibernate/kernel.hpp>

namespace kjump::hibernate {

namespace format = abi::hibernate;

class KernelAddresses {
 public:
  explicit KernelAddresses(const format::KernelFacts& facts) : facts_(facts) {}

  /// The physical address; 0: nothing is mapped there. Good for the page, large or small, that holds it.
  [[nodiscard]] uint64_t physical(uint64_t address) {
    if (span_ == 0 || address - first_ >= span_) {
      walk(address);
    }
    return span_ == 0 ? 0 : base_ + (address - first_);
  }

 private:
  void walk(uint64_t address);

  const format::KernelFacts& facts_;
  uint64_t first_ = 0;
  uint64_t span_ = 0;
  uint64_t base_ = 0;
};

[[nodiscard]] uint64_t read_word(uint64_t physical_address);
[[nodiscard]] uint32_t read_half(uint64_t physical_address);

}  // namespace kjump::hibernate
