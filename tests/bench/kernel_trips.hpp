// SPDX-License-Identifier: MIT
/// Two kernels that change places, with times of the counter that both see.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace kjump::bench {

/// Between two kernels, with the second one's memory of one kind.
struct Trips {
  std::size_t ok = 0;  ///< both had all their data, the first time (its boot) included
  std::size_t failed = 0;
  double first_boot_ms = 0;       ///< from `kjump kernel run` as typed to the first line of B's init
  std::vector<double> a_to_b_ms;  ///< from `kjump kernel enter` as typed until B's `back` has ended
  std::vector<double> b_to_a_ms;  ///< from `kjump kernel back` as typed until A's command has ended
};

struct TripRun {
  std::map<std::string, Trips> places;  ///< by --place
  double plain_boot_ms = 0;  ///< the same kernel by the distribution's kexec, from `kexec -l` to that line
};

/// In one guest, once; dies when it does not come to its end.
[[nodiscard]] const TripRun& trip_run();

}  // namespace kjump::bench
