// SPDX-License-Identifier: MIT
// INT 13h after Linux has driven the disk's controller waits for what never comes, and the watchdog's NMI may
// meet SeaBIOS's 32-bit code, which resets the machine (docs/reliability.md, "The limit"). How often does it?
#include <fstream>
#include <map>
#include <sstream>

#include <unistd.h>

#include <kjump/linux_vm.hpp>

#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kTrials = 50;
constexpr int kTrialsABoot = 5;  // SeaBIOS's stack holds six (docs/reliability.md)

struct Bus {
  DiskBus bus;
  const char* machine;
  const char* node;
};
const std::map<std::string, Bus> kBuses{{"virtio", {DiskBus::kVirtio, "pc", "/dev/vda"}},
                                        {"ahci", {DiskBus::kAhci, "q35", "/dev/sda"}}};

/// Goes with the measurement.
struct DiskFile {
  fs::path path = fs::temp_directory_path() / ("kjump-hang-" + std::to_string(getpid()) + ".img");

  DiskFile() {
    std::ofstream(path) << "a disk";
    fs::resize_file(path, 8U << 20);
  }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;
  DiskFile(DiskFile&&) = delete;
  DiskFile& operator=(DiskFile&&) = delete;
  ~DiskFile() { fs::remove(path); }
};

// A line for each call that Linux got back from, however it ended.
std::string script(const Bus& bus) {
  std::ostringstream text;
  text << "for trial in $(seq " << kTrialsABoot << "); do\n"
       << "  dd if=" << bus.node << " of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null || exit 1\n"
       << "  kjump bios call 0x13 ax=0x0201 cx=1 dx=0x80 --buffer es:bx=512 --unsafe --deadline 0.5 --json "
          ">/tmp/reply 2>/dev/null\n"
       << "  echo \"trial $? $(grep -o '\"outcome\": *\"[a-z]*\"' /tmp/reply | head -n 1)\"\n"
       << "done\n";
  return text.str();
}

}  // namespace

Number int13_lost(const std::string& name) {
  const Bus& bus = kBuses.at(name);
  const DiskFile disk;
  LinuxVmOptions options;
  options.kernel = "6.12";
  options.machine.machine = bus.machine;
  options.machine.disks = {Disk{.path = disk.path, .bus = bus.bus, .read_only = false}};
  Job job;
  job.limit = std::chrono::seconds(900);
  job.script = script(bus);
  std::map<std::string, int> outcomes;
  int back = 0;
  int lost = 0;
  while (back + lost < kTrials) {
    const auto result = LinuxVm(options).run(job);
    if (!result) {
      std::printf("INT 13h, %s: %s\n", name.c_str(), result.error().text().c_str());
      ++lost;
      continue;
    }
    std::istringstream lines(result->out);
    int trials = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("trial ")) {
        ++outcomes[line.substr(6)];
        ++trials;
      }
    }
    if (trials != kTrialsABoot) {
      die("INT 13h, " + name + ": " + std::to_string(trials) + " trials: " + result->err);
    }
    back += trials;
  }
  for (const auto& [outcome, count] : outcomes) {
    std::printf("INT 13h, %s: %d times exit code %s\n", name.c_str(), count, outcome.c_str());
  }
  return {static_cast<double>(lost), "of 50 calls", std::nullopt,
          "INT 13h AH=02h on " + name +
              " after Linux 6.12 read from the disk, deadline 0.5 s: machines that reset"};
}

}  // namespace kjump::bench
