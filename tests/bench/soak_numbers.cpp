// SPDX-License-Identifier: MIT
// A thousand jumps in one boot. Takes some minutes for each kernel.
#include "bench/numbers.hpp"
#include "linux/soak.hpp"

namespace kjump::bench {

Number soak_failures(const std::string& kernel) {
  constexpr int kJumps = 1000;
  const auto result =
      tests::soak(kernel, kJumps, KJUMP_SOAK, image("bench_empty"), std::chrono::seconds(1800));
  std::printf("%s\n", result.text.c_str());
  if (result.failures < 0) {
    die("the guest with Linux " + kernel + " was lost");
  }
  return {static_cast<double>(result.failures), "failures", std::nullopt,
          "1,000 jumps in one boot of Linux " + kernel +
              ", two processors, sessions of 50 with disk and timer load before and after each: jumps that "
              "did not "
              "return, complaints of the kernel, images left loaded, MemFree or slab that do not stay flat"};
}

}  // namespace kjump::bench
