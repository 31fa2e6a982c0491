// SPDX-License-Identifier: MIT
#include "bench/kernel_saving.hpp"

#include <filesystem>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/kernel_guest.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

// Where both second kernels lie: as kjump snapshot and kjump kernel restore need it (docs/two-kernels.md).
constexpr const char* kReservation = "memmap=96M$0x8000000";

// Sectors of the first disk. A report is a few hundred bytes.
enum Sector : unsigned { kRates = 8, kSnapshot = 64, kRestore = 128, kEnd = 192 };

// The same script goes on, where the power was cut, after the restore.
constexpr const char* kFirst = R"sh(
fill 150
/job/raw_rate_guest /dev/vdb | post $rates || exit 8
kjump snapshot --to /dev/vdb --anew --kernel /k/bzImage --memory 96M --place reserved --append no_timer_check --json >/tmp/report || exit 7
if grep -q '"restored": true' /tmp/report; then echo "whole $(whole)" | post $end; else post $snapshot </tmp/report; fi
sync; poweroff -f
)sh";

constexpr const char* kRestorer = R"sh(
kjump kernel restore /dev/vdb --snapshot 1 --json >/tmp/report || sleep 1000
post $restore </tmp/report
kjump kernel back
)sh";

constexpr const char* kStartRestorer = R"sh(
kjump kernel run /k/bzImage --initrd /k/initrd --append "$append" --memory 96M --at 0x8000000
)sh";

std::string sectors() {
  return fmt::format("rates={} snapshot={} restore={} end={}\n", static_cast<unsigned>(kRates),
                     static_cast<unsigned>(kSnapshot), static_cast<unsigned>(kRestore),
                     static_cast<unsigned>(kEnd));
}

nlohmann::json report_at(const std::filesystem::path& disk, Sector sector) {
  const std::string text = posted(disk, sector);
  const nlohmann::json report = nlohmann::json::parse(text, nullptr, false);
  if (report.is_discarded()) {
    die("the guest's report is not whole: " + text);
  }
  return report;
}

void read_rates(const std::string& text, SavingRun& run) {
  std::istringstream words(text);
  std::string write;
  std::string read;
  words >> write >> run.disk_write_mb_s >> read >> run.disk_read_mb_s;
  if (write != "disk_write" || read != "disk_read") {
    die("no rates of the disk: " + text);
  }
}

SavingRun read_run(const std::filesystem::path& disk) {
  constexpr double kMega = 1e6;
  constexpr double kMilli = 1e3;
  constexpr double kPage = 4096;
  SavingRun run;
  read_rates(posted(disk, kRates), run);
  const nlohmann::json saved = report_at(disk, kSnapshot);
  const auto number = [](const nlohmann::json& report, const char* key) {
    return report.at(key).get<double>();
  };
  run.memory_mb =
      (number(saved, "pages") - number(saved, "free_pages") - number(saved, "zero_pages")) * kPage / kMega;
  run.saving_s = number(saved, "saving_ms") / kMilli;
  const nlohmann::json restored = report_at(disk, kRestore);
  run.restored_mb = number(restored, "memory_bytes") / kMega;
  run.checking_s = number(restored, "checking_ms") / kMilli;
  run.writing_s = number(restored, "writing_ms") / kMilli;
  return run;
}

SavingRun measure() {
  const Scratch scratch;
  const std::filesystem::path letters = scratch.disk("letters.img", 4);
  LinuxVmOptions options;
  options.kernel = kTwoKernels;
  options.extra_command_line = kReservation;
  options.machine.memory_mib = 512;
  options.machine.cpus = 2;
  options.machine.disks = {Disk{letters, DiskBus::kVirtio, false},
                           Disk{scratch.disk("snapshots.img", 768), DiskBus::kVirtio, false}};
  options.machine.artifacts = scratch.path() / "logs";
  Job life = two_kernels_job(sectors() + kFirst, sectors() + kRestorer);
  life.files.push_back(must(GuestFile::copy_of(KJUMP_RAW_RATE_GUEST, "/job/raw_rate_guest", true)));
  (void)must(LinuxVm(options).run_until_power_off(life));
  // Its processors must not run in what is overwritten.
  options.extra_command_line += " maxcpus=1";
  (void)must(LinuxVm(options).run_until_power_off(two_kernels_job(kStartRestorer, sectors() + kRestorer)));
  if (posted(letters, kEnd) != "whole 1\n") {
    die("the first kernel did not go on as it was: " + posted(letters, kEnd));
  }
  return read_run(letters);
}

}  // namespace

const SavingRun& saving_run() {
  static const SavingRun run = measure();
  return run;
}

}  // namespace kjump::bench
