// SPDX-License-Identifier: MIT
/// XXH64 (package libxxhash-dev), and records that carry their own hash.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::hibernate {

[[nodiscard]] uint64_t hash_of(const void* from, size_t bytes);

/// Of several pieces, as if they were one.
class Hash {
 public:
  Hash();
  void add(const void* from, size_t bytes);
  [[nodiscard]] uint64_t value() const;

 private:
  alignas(8) uint8_t state_[88];
};

/// The record's hash, taken with the field `hash` zero.
template <typename Record>
[[nodiscard]] uint64_t own_hash(const Record& record) {
  Record copy = record;
  copy.hash = 0;
  return hash_of(&copy, sizeof copy);
}

}  // namespace kjump::hibernate
