// SPDX-License-Identifier: MIT
// Two whole kernels that change places. Everything is emulated, so milliseconds say little by themselves; a
// boot of the same kernel by the distribution's kexec, in the same run, is what they are to be seen beside.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "bench/kernel_trips.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

constexpr const char* kMethod =
    "Linux 6.12 twice (TCG, pc, 2 CPUs, 512 MiB, of which 96 MiB are the second kernel's), by the time-stamp "
    "counter that both see";

double median(std::vector<double> values) {
  if (values.empty()) {
    die("no round trip was measured");
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string range(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{:.0f} [{:.0f} to {:.0f}] ms, {} times", median(values), *least, *most, values.size());
}

/// The value is that of huge pages; the text has all.
Number switch_time(std::vector<double> Trips::*times, const std::string& what) {
  std::string all;
  for (const auto& [place, trips] : trip_run().places) {
    all += fmt::format("{}{} {}", all.empty() ? "" : "; ", place, range(trips.*times));
  }
  return {median(trip_run().places.at("hugepages").*times), "ms", trip_run().plain_boot_ms,
          what + ", checks and sync included, median for huge pages; " + all +
              "; reference: plain boot of the same kernel by kexec; " + kMethod};
}

Number count(std::size_t Trips::*which, const std::string& what) {
  std::size_t sum = 0;
  std::string all;
  for (const auto& [place, trips] : trip_run().places) {
    sum += trips.*which;
    all += fmt::format(", {} {}", place, trips.*which);
  }
  return {static_cast<double>(sum), "round trips", std::nullopt, what + all + "; " + kMethod};
}

}  // namespace

Number kernels_ok() {
  return count(&Trips::ok, "from one kernel to the other and back, with a file of each whole");
}

Number kernels_failed() {
  return count(&Trips::failed, "that did not come back, or with a file of either kernel not what it was");
}

Number kernels_a_to_b() {
  return switch_time(&Trips::a_to_b_ms,
                     "from `kjump kernel enter` as typed until the second kernel's `back` has ended");
}

Number kernels_b_to_a() {
  return switch_time(&Trips::b_to_a_ms,
                     "from `kjump kernel back` as typed until the first kernel's `enter` has ended");
}

Number kernels_first_boot() {
  std::string all;
  for (const auto& [place, trips] : trip_run().places) {
    all += fmt::format(", {} {:.0f} ms", place, trips.first_boot_ms);
  }
  return {trip_run().places.at("hugepages").first_boot_ms, "ms", trip_run().plain_boot_ms,
          "from `kjump kernel run` as typed to the first line of the second kernel's init" + all +
              "; reference: the same kernel and initial RAM disk by `kexec -l` and `kexec -e`; " + kMethod};
}

}  // namespace kjump::bench
