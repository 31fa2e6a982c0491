// SPDX-License-Identifier: MIT
/// XXH64 with seed 0 (abi/hibernate/store.hpp), and records that carry their own hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kjump::hibernate {

[[nodiscard]] std::uint64_t hash_bytes(std::span<const std::byte> bytes);

/// Of a record whose field `hash` covers all of it, that field taken as zero.
template <typename Record>
[[nodiscard]] std::uint64_t record_hash(Record record) {
  record.hash = 0;
  return hash_bytes(std::as_bytes(std::span(&record, 1)));
}

template <typename Record>
void seal(Record& record) {
  record.hash = record_hash(record);
}

}  // namespace kjump::hibernate
