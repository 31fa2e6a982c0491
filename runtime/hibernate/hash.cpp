// SPDX-License-Identifier: MIT
#include "hibernate/hash.hpp"

#define XXH_INLINE_ALL
#define XXH_VECTOR XXH_SCALAR
// Words by packed access: by memcpy(), which is a call without the compiler's own functions, hashing took
// longer than compressing.
#define XXH_FORCE_MEMORY_ACCESS 1
#include <xxhash.h>

namespace kjump::hibernate {

static_assert(sizeof(XXH64_state_t) == 88);

namespace {

XXH64_state_t* state_of(uint8_t* bytes) {
  return reinterpret_cast<XXH64_state_t*>(bytes);
}

}  // namespace

uint64_t hash_of(const void* from, size_t bytes) {
  return XXH64(from, bytes, 0);
}

Hash::Hash() {
  XXH64_reset(state_of(state_), 0);
}

void Hash::add(const void* from, size_t bytes) {
  XXH64_update(state_of(state_), from, bytes);
}

uint64_t Hash::value() const {
  return XXH64_digest(reinterpret_cast<const XXH64_state_t*>(state_));
}

}  // namespace kjump::hibernate
