// SPDX-License-Identifier: MIT
#include <kjump/abi/hibernate.hpp>
#include <kjump/payload.hpp>

extern "C" uint32_t kjump_main() {
  return 0;
}
