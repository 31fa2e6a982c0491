// SPDX-License-Identifier: MIT
#include "hibernate/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kjump::hibernate {

std::uint64_t hash_bytes(std::span<const std::byte> bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

}  // namespace kjump::hibernate
