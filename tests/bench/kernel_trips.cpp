// SPDX-License-Identifier: MIT
#include "bench/kernel_trips.hpp"

#include <cstdio>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <kjump/linux_vm.hpp>

#include "bench/kernel_guest.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

constexpr int kTimes = 50;
constexpr const char* kStockKexec = "/sbin/kexec";
constexpr unsigned kTripsSector = 2048;  // has room behind it

// Sector 0 is B's letter: visit, whole or not, counter when it arrived, and when it left last. Sector 1: a
// boot by the stock kexec.
constexpr const char* kSecondLife = R"sh(
n=0; left=0
grep -q kexec_jump_back_entry /proc/cmdline || { echo "plain $arrived" | post 1; poweroff -f; }
fill 8
while :; do
  n=$((n + 1))
  echo "$n $(whole) $arrived $left" | post 0
  left=$(tsc_guest)
  kjump kernel back || sleep 5
  arrived=$(tsc_guest)
done
)sh";

// Lines "trip PLACE typed arrived left-before returned whole-in-A whole-in-B", then what the stock kexec
// needs.
constexpr const char* kFirst = R"sh(
fill 8
tsc() { /job/tsc_guest; }
letter() { blockdev --flushbufs /dev/vda; echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=512 count=1 2>/dev/null | tr -d '\0'; }
trips() {
  for i in $(seq 1 $times); do
    typed=$(tsc)
    if [ $i = 1 ]; then kjump kernel run /k/bzImage --initrd /k/initrd --append "$append" --memory 96M --place $1 >/tmp/report 2>&1
    else kjump kernel enter >/tmp/report 2>&1; fi || { cat /tmp/report >&2; echo "lost $1 $((times - i + 1))" >>/tmp/trips; break; }
    returned=$(tsc)
    set -- $1 $(letter)
    [ "$2" = $i ] || set -- $1 $i 0 0 0
    echo "trip $1 $typed $4 $5 $returned $(whole) $3" >>/tmp/trips
  done
  kjump kernel drop >/dev/null || exit 7
}
for place in $places; do trips $place; done
echo "khz $(/job/tsc_guest --khz)" >>/tmp/trips
sync
echo "stock $(tsc)" >>/tmp/trips
dd if=/tmp/trips of=/dev/vda bs=512 seek=$record conv=fsync 2>/dev/null
kexec -l /k/bzImage --initrd=/k/initrd --append="$append" && kexec -e
)sh";

std::vector<std::string> libraries_of(const std::string& program) {
  std::vector<std::string> libraries;
  std::FILE* pipe = ::popen(("ldd " + program).c_str(), "r");
  std::string text;
  for (int c = pipe != nullptr ? std::fgetc(pipe) : EOF; c != EOF; c = std::fgetc(pipe)) {
    text += static_cast<char>(c);
  }
  if (pipe == nullptr || ::pclose(pipe) != 0) {
    die(program + " is missing; install the package kexec-tools");
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const auto begin = line.find('/'); begin != std::string::npos) {
      libraries.push_back(line.substr(begin, line.find(' ', begin) - begin));
    }
  }
  return libraries;
}

Job job_of_trips() {
  Job job = two_kernels_job(
      fmt::format("times={} record={} places='hugepages swapped'\n{}", kTimes, kTripsSector, kFirst),
      kSecondLife);
  job.files.push_back(must(GuestFile::copy_of(kStockKexec, kStockKexec, true)));
  for (const std::string& library : libraries_of(kStockKexec)) {
    job.files.push_back(must(GuestFile::copy_of(library, library, true)));
  }
  return job;
}

struct Ticks {
  std::string place;
  std::uint64_t typed = 0, arrived = 0, left_before = 0, returned = 0;
  int first_whole = 0, second_whole = 0;
};

/// The second kernel's departure stands in its next letter.
void add_trip(Trips& trips, const Ticks& now, const Ticks* before, double khz) {
  const auto ms = [khz](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from) / khz;
  };
  const bool ok = now.first_whole == 1 && now.second_whole == 1 && now.arrived > now.typed;
  ++(ok ? trips.ok : trips.failed);
  if (!ok) {
    return;
  }
  if (before == nullptr) {
    trips.first_boot_ms = ms(now.typed, now.arrived);
    return;
  }
  trips.a_to_b_ms.push_back(ms(now.typed, now.arrived));
  trips.b_to_a_ms.push_back(ms(now.left_before, before->returned));
}

TripRun read_run(const std::string& text, std::uint64_t plain) {
  TripRun run;
  double khz = 0;
  std::uint64_t stock = 0;
  std::map<std::string, std::vector<Ticks>> ticks;
  std::istringstream lines(text);
  for (std::string word; lines >> word;) {
    if (word == "trip") {
      Ticks one;
      lines >> one.place >> one.typed >> one.arrived >> one.left_before >> one.returned >> one.first_whole >>
          one.second_whole;
      ticks[one.place].push_back(one);
    } else if (word == "lost") {
      std::string place;
      std::size_t count = 0;
      lines >> place >> count;
      run.places[place].failed += count;
    } else if (word == "khz") {
      lines >> khz;
    } else if (word == "stock") {
      lines >> stock;
    }
  }
  if (khz <= 0 || stock == 0 || plain <= stock) {
    die("the guest's record of its trips is not whole: " + text);
  }
  for (const auto& [place, all] : ticks) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      add_trip(run.places[place], all[i], i == 0 ? nullptr : &all[i - 1], khz);
    }
  }
  run.plain_boot_ms = static_cast<double>(plain - stock) / khz;
  return run;
}

TripRun measure() {
  const Scratch scratch;
  const std::filesystem::path disk = scratch.disk("letters.img", 4);
  LinuxVmOptions options;
  options.kernel = kTwoKernels;
  options.machine.memory_mib = 512;
  options.machine.cpus = 2;
  options.machine.disks = {Disk{disk, DiskBus::kVirtio, false}};
  options.machine.artifacts = scratch.path() / "logs";
  (void)must(LinuxVm(options).run_until_power_off(job_of_trips()));
  std::istringstream plain(posted(disk, 1));
  std::string word;
  std::uint64_t arrived = 0;
  plain >> word >> arrived;
  return read_run(posted(disk, kTripsSector), arrived);
}

}  // namespace

const TripRun& trip_run() {
  static const TripRun run = measure();
  return run;
}

}  // namespace kjump::bench
