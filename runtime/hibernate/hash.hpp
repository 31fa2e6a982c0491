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
  // Not of a copy: an image's header is larger than a payload's stack.
  const auto* bytes = reinterpret_cast<const uint8_t*>(&record);
  const auto before = static_cast<size_t>(reinterpret_cast<const uint8_t*>(&record.hash) - bytes);
  constexpr uint64_t kZero = 0;
  Hash hash;
  hash.add(bytes, before);
  hash.add(&kZero, sizeof kZero);
  hash.add(bytes + before + sizeof kZero, sizeof record - before - sizeof kZero);
  return hash.value();
}

}  // namespace kjump::hibernate
