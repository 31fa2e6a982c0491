// SPDX-License-Identifier: MIT
// Passages through the wake door against plain suspends, in one guest with Debian's own kernel.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <kjump/linux_vm.hpp>

#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

constexpr std::size_t kRounds = 7;  // odd, for the median
constexpr const char* kClock =
    "medians of 7 alternating rounds in one Debian 6.1 guest (pc, 1 CPU), alarm 2 s ahead, from the request "
    "to "
    "sleep until it is over and undone, by the time-stamp counter";

/// What wake_guest.cpp printed, a column each.
struct Times {
  std::vector<double> empty;
  std::vector<double> thousand;
  std::vector<double> bare;
};

Times parse(const std::string& text) {
  constexpr double kPerMillisecond = 1000;
  Times times;
  std::istringstream stream(text);
  for (double a = 0, b = 0, c = 0; stream >> a >> b >> c;) {
    times.empty.push_back(a / kPerMillisecond);
    times.thousand.push_back(b / kPerMillisecond);
    times.bare.push_back(c / kPerMillisecond);
  }
  return times;
}

/// Measured once, for both numbers.
const Times& times() {
  static const Times all = [] {
    LinuxVmOptions options;
    options.kernel = "debian";
    Job job;
    job.limit = std::chrono::seconds(300);
    job.arguments = {"/job/guest", "/job/empty.kjump", "/job/thousand.kjump", std::to_string(kRounds)};
    job.files = {must(GuestFile::copy_of(KJUMP_BENCH_WAKE_GUEST, "/job/guest", true)),
                 must(GuestFile::copy_of(image("bench_empty"), "/job/empty.kjump")),
                 must(GuestFile::copy_of(image("bench_thousand_calls"), "/job/thousand.kjump"))};
    const auto result = must(LinuxVm(options).run(job));
    if (result.exit_code != 0) {
      die("the guest failed: " + result.err);
    }
    Times measured = parse(result.out);
    if (measured.bare.size() != kRounds) {
      die("the guest printed no rounds: " + result.out);
    }
    return measured;
  }();
  return all;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Number wake_vs_rtcwake() {
  return {
      median(times().empty), "ms", median(times().bare),
      std::string("session (checks, placing the image, passage, putting back) of an empty payload against a "
                  "suspend as rtcwake makes it, ") +
          kClock};
}

Number wake_thousand_calls() {
  return {median(times().thousand), "ms", median(times().empty),
          std::string(
              "the same session with 1000 BIOS calls (INT 11h, 12h, 15h AX=E820h, 1Ah) in one passage, made "
              "by a payload: a batch's reply holds 455 results; reference: the empty payload, ") +
              kClock};
}

}  // namespace kjump::bench
