// SPDX-License-Identifier: MIT
// canary STORE: writes a fresh canary and prints it. What kjump hibernate does before each jump.
#include <cstdio>

#include "hibernate/store.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  auto store = kjump::hibernate::Store::open(argv[1]);
  const auto canary = store ? store->write_canary() : tl::unexpected(store.error());
  if (!canary) {
    std::fprintf(stderr, "%s\n", canary.error().text().c_str());
    return 1;
  }
  for (const unsigned byte : *canary) {
    std::printf("%02x", byte);
  }
  std::puts("");
  return 0;
}
