// SPDX-License-Identifier: MIT
// Throughput of the runtime's disk drivers in the bare virtual machine, against this host's own on the same
// file.
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <kjump/target.hpp>

#include "bench/numbers.hpp"
#include "vm/disk_protocol.hpp"

namespace kjump::bench {
namespace {

namespace fs = std::filesystem;
using tests::disks::Answer;
using tests::disks::DriverName;
using tests::disks::Job;
using tests::disks::Opened;
using tests::disks::Step;
using tests::disks::StepKind;

constexpr std::uint32_t kMebibytes = 64;
constexpr std::size_t kRequestBytes = 128 << 10;
constexpr std::uint64_t kBuffer = 0x4000000;  // free in a machine of 256 MiB

struct Kind {
  DriverName driver;
  const char* machine;
  const char* device;
};
const std::map<std::string, Kind> kKinds{
    {"virtio", {DriverName::kVirtio, "pc", "virtio-blk-pci"}},
    {"nvme", {DriverName::kNvme, "pc", "nvme,serial=kjump"}},
    {"ahci", {DriverName::kAhci, "q35", "ide-hd,bus=ide.0"}},
    {"ide", {DriverName::kIde, "pc", "ide-hd,bus=ide.0"}},
    {"bios", {DriverName::kBios, "pc", "virtio-blk-pci"}},
};

struct Rates {
  double write = 0, read = 0;  ///< MB/s
};

double rate(double seconds) {
  return kMebibytes * 1048576.0 / 1e6 / seconds;
}

/// The same requests by this host, through its page cache as QEMU's; fdatasync() as the payload's flush.
Rates host_rates(const fs::path& path) {
  using Clock = std::chrono::steady_clock;
  const std::vector<char> buffer(kRequestBytes, 'k');
  std::vector<char> back(kRequestBytes);
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const auto since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  Rates rates;
  bool good = fd >= 0;
  auto start = Clock::now();
  for (off_t at = 0; at < off_t{kMebibytes} << 20; at += kRequestBytes) {
    good = good && pwrite(fd, buffer.data(), buffer.size(), at) == ssize_t{kRequestBytes};
  }
  good = good && fdatasync(fd) == 0;
  rates.write = rate(since(start));
  start = Clock::now();
  for (off_t at = 0; at < off_t{kMebibytes} << 20; at += kRequestBytes) {
    good = good && pread(fd, back.data(), back.size(), at) == ssize_t{kRequestBytes};
  }
  rates.read = rate(since(start));
  close(fd);
  if (!good) {
    die("cannot write " + path.string());
  }
  return rates;
}

Rates guest_rates(const Kind& kind, const fs::path& path) {
  MachineOptions machine;
  machine.machine = kind.machine;
  machine.extra_arguments = {"-drive", "if=none,id=d,format=raw,file=" + path.string(), "-device",
                             std::string(kind.device) + ",drive=d"};
  Job job;
  job.driver = kind.driver;
  job.buffer = kBuffer;
  job.steps = 1;
  const Step step{StepKind::kSpeed, kMebibytes, 0, 0, 0};
  RunRequest request;
  request.deadline_ms = 120'000;
  request.request.resize(sizeof job + sizeof step);
  std::memcpy(request.request.data(), &job, sizeof job);
  std::memcpy(request.request.data() + sizeof job, &step, sizeof step);
  const auto report = must(make_vm_target(machine)->run(must(Image::open(KJUMP_DISKS)), request));
  Answer answer;
  if (report.jumps.size() != 1 || report.jumps[0].reply.size() != sizeof(Opened) + sizeof answer) {
    die("the disk payload gave no numbers");
  }
  std::memcpy(&answer, report.jumps[0].reply.data() + sizeof(Opened), sizeof answer);
  if (answer.code != 0 || answer.value == 0 || answer.more == 0) {
    die(std::string("the disk payload failed: ") + answer.text);
  }
  const double ticks_a_second = static_cast<double>(answer.hash) * 1000;
  return {rate(static_cast<double>(answer.value) / ticks_a_second),
          rate(static_cast<double>(answer.more) / ticks_a_second)};
}

struct Pair {
  Rates guest, host;
};

const Pair& measured(const std::string& name) {
  static std::map<std::string, Pair> all;
  if (const auto found = all.find(name); found != all.end()) {
    return found->second;
  }
  const fs::path path = fs::temp_directory_path() / ("kjump-bench-disk-" + std::to_string(getpid()) + ".img");
  close(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  fs::resize_file(path, std::uintmax_t{2 * kMebibytes} << 20);
  (void)host_rates(path);  // so that the file's blocks are there for both
  const Rates host = host_rates(path);
  const Rates guest = guest_rates(kKinds.at(name), path);
  fs::remove(path);
  return all[name] = {guest, host};
}

}  // namespace

Number disk_write(const std::string& name) {
  const Pair& pair = measured(name);
  return {
      pair.guest.write, "MB/s", pair.host.write,
      "64 MiB in requests of 128 KiB through the driver, flush included, by the guest's time stamp counter; "
      "reference: this host's pwrite and fdatasync on the same file"};
}

Number disk_read(const std::string& name) {
  const Pair& pair = measured(name);
  return {
      pair.guest.read, "MB/s", pair.host.read,
      "64 MiB in requests of 128 KiB through the driver, from the host's page cache; reference: this host's "
      "pread on the same file"};
}

}  // namespace kjump::bench
