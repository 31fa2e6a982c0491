// SPDX-License-Identifier: MIT
// Two whole kernels that change places. Everything is emulated, so milliseconds say little by themselves; a
// boot of the same kernel by the distribution's kexec, in the same run, is what they are to be seen beside.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "bench/kernel_saving.hpp"
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

namespace {

constexpr const char* kSavingMethod =
    "512 MiB, of which 150 MB are random bytes; reference: the same disk with direct I/O in the first kernel";

}  // namespace

Number kernels_save_rate() {
  const SavingRun& run = saving_run();
  return {run.memory_mb / run.saving_s, "MB/s", run.disk_write_mb_s,
          fmt::format("memory of the first kernel that `kjump snapshot` saved, all but free and zero pages: "
                      "{:.0f} MB in {:.2f} s of the second kernel; {}",
                      run.memory_mb, run.saving_s, kSavingMethod)};
}

Number kernels_restore_rate() {
  const SavingRun& run = saving_run();
  return {run.restored_mb / (run.checking_s + run.writing_s), "MB/s", run.disk_read_mb_s,
          fmt::format("memory that `kjump kernel restore` wrote: {:.0f} MB, {:.2f} s of checking the whole "
                      "dump, {:.2f} s of writing; {}",
                      run.restored_mb, run.checking_s, run.writing_s, kSavingMethod)};
}

}  // namespace kjump::bench
