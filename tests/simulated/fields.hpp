// SPDX-License-Identifier: MIT
/// The fields of the format's structs, by name, and what comes of an image in which one of them was changed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kjump::simulated {

struct Field {
  const char* name;
  std::size_t offset;
  std::size_t bytes;
  const char* expected;  ///< when the hashes were made right afterwards
};

/// No field is forgotten: each begins where the one before ends, the last ends with the struct.
template <std::size_t kCount>
constexpr bool cover(const std::array<Field, kCount>& fields, std::size_t bytes) {
  std::size_t next = 0;
  for (const Field& field : fields) {
    if (field.offset != next) {
      return false;
    }
    next += field.bytes;
  }
  return next == bytes;
}

}  // namespace kjump::simulated

/// A field of a struct, at any depth, and what comes of its change.
#define KJUMP_FIELD(type, member, expected)                                                 \
  Field {                                                                                   \
#member, offsetof(type, member), sizeof(static_cast <type*>(nullptr)->member), expected \
  }
/// The elements of an array from `index` on.
#define KJUMP_REST(type, member, index, expected)                        \
  Field {                                                                \
#member "[" #index "] and behind", offsetof(type, member[index]),    \
        sizeof(type::member) - index * sizeof(type::member[0]), expected \
  }
