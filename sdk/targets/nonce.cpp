// SPDX-License-Identifier: MIT
#include "targets/nonce.hpp"

#include <sys/random.h>

namespace kjump::targets {

Result<std::uint64_t> fresh_nonce() {
  std::uint64_t nonce = 0;
  while (nonce == 0) {
    if (::getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) {
      return fail_errno("cannot get a random number");
    }
  }
  return nonce;
}

}  // namespace kjump::targets
