// SPDX-License-Identifier: MIT
#include "bench/hibernate_cycle.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include <kjump/linux_vm.hpp>
#include <nlohmann/json.hpp>

#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kKernel = "6.12-swsusp";
constexpr const char* kRequest = "bench-request";
constexpr const char* kTick = "bench-tick";
constexpr const char* kBack = "bench-back";
constexpr std::size_t kSector = 512;
constexpr std::size_t kBlock = 4096;

/// Two partitions of equal size: kjump's store, and swap. Written with zeros once, so that the host's file
/// has its blocks whoever is measured.
class BenchDisk {
 public:
  static constexpr std::uint32_t kStart = 2048;

  explicit BenchDisk(std::uint64_t mib_each) : sectors_((mib_each << 20) / kSector) {
    path_ = fs::temp_directory_path() / ("kjump-bench-hibernate-" + std::to_string(getpid()) + ".img");
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    std::vector<char> first(std::size_t{1} << 20);
    put_partition(first, 0, kStart);
    put_partition(first, 1, kStart + sectors_);
    first[kSector - 2] = '\x55';
    first[kSector - 1] = '\xAA';
    file.write(first.data(), static_cast<std::streamsize>(first.size()));
    const std::vector<char> zeros(first.size());
    for (std::uint64_t i = 0; i < 2 * mib_each; ++i) {
      file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    }
    if (!file.flush()) {
      die("cannot write " + path_.string());
    }
  }
  ~BenchDisk() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  BenchDisk(const BenchDisk&) = delete;
  BenchDisk& operator=(const BenchDisk&) = delete;
  BenchDisk(BenchDisk&&) = delete;
  BenchDisk& operator=(BenchDisk&&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

  /// Bytes of the second partition in blocks that are not all zero: what was written to it.
  [[nodiscard]] std::uint64_t swap_bytes() const {
    std::ifstream file(path_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>((kStart + sectors_) * kSector));
    std::array<char, kBlock> block{};
    std::uint64_t bytes = 0;
    while (file.read(block.data(), block.size())) {
      const bool empty = std::all_of(block.begin(), block.end(), [](char byte) { return byte == 0; });
      bytes += empty ? 0 : kBlock;
    }
    return bytes;
  }

 private:
  // UEFI 2.10, table 5.2. Type DAh: data that is no file system.
  void put_partition(std::vector<char>& sector, std::size_t number, std::uint64_t start) const {
    constexpr std::size_t kTable = 446;
    constexpr std::size_t kEntry = 16;
    char* entry = &sector[kTable + number * kEntry];
    entry[4] = '\xDA';
    for (std::size_t i = 0; i < 4; ++i) {
      entry[8 + i] = static_cast<char>(start >> 8 * i);
      entry[12 + i] = static_cast<char>(sectors_ >> 8 * i);
    }
  }

  fs::path path_;
  std::uint64_t sectors_;
};

/// Notes when a line appears in a log that QEMU writes.
class LogWatch {
 public:
  LogWatch(fs::path log, std::vector<std::string> marks) : log_(std::move(log)), marks_(std::move(marks)) {
    thread_ = std::thread([this] { watch(); });
  }
  ~LogWatch() { stop(); }
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;
  LogWatch(LogWatch&&) = delete;
  LogWatch& operator=(LogWatch&&) = delete;

  /// After the machine's end.
  [[nodiscard]] Clock::time_point when(const std::string& mark) {
    stop();
    if (!seen_.contains(mark)) {
      die(log_.string() + " has no line " + mark);
    }
    return seen_[mark];
  }

 private:
  void stop() {
    end_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  void watch() {
    while (!end_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (!file_.is_open()) {
        file_.open(log_, std::ios::binary);
        continue;
      }
      file_.clear();
      std::array<char, kBlock> piece{};
      file_.read(piece.data(), piece.size());
      text_.append(piece.data(), static_cast<std::size_t>(file_.gcount()));
      for (const std::string& mark : marks_) {
        if (!seen_.contains(mark) && text_.find(mark) != std::string::npos) {
          seen_[mark] = Clock::now();
        }
      }
      text_.erase(0,
                  text_.size() - std::min<std::size_t>(text_.size(), 64));  // a mark may come in two pieces
    }
  }

  fs::path log_;
  std::vector<std::string> marks_;
  std::ifstream file_;
  std::string text_;
  std::map<std::string, Clock::time_point> seen_;
  std::atomic<bool> end_{false};
  std::thread thread_;
};

std::string partition(DiskBus bus, int number) {
  const char* disk = bus == DiskBus::kVirtio ? "/dev/vda"
                     : bus == DiskBus::kNvme ? "/dev/nvme0n1p"
                                             : "/dev/sda";
  return disk + std::to_string(number);
}

/// The work: files in a tmpfs, and a process that says all the time that it runs.
constexpr const char* kFill = R"sh(
dmesg -n 4
mkdir -p /work && mount -t tmpfs -o size=100% none /work || exit 3
head -c $((random_mib << 20)) /dev/urandom >/work/random
text=$((text_mib << 20)); each=$(stat -c %s /bin/kjump); i=0
while [ $text -ge $each ]; do cat /bin/kjump >/work/text$i; text=$((text - each)); i=$((i + 1)); done
head -c $text /bin/kjump >/work/rest
used() { awk '/^MemTotal:/ { t = $2 } /^MemFree:/ { f = $2 } END { print (t - f) * 1024 }' /proc/meminfo; }
# Of RAM, what is in use and cannot be given back.
percent() { awk '/^MemTotal:/ { t = $2 } /^MemFree:/ { f = $2 } /^(Active|Inactive)\(file\):/ { c += $2 } /^SReclaimable:/ { c += $2 }
  END { printf "%.2f", 100 * (t - f - c) / t }' /proc/meminfo; }
i=0; total=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo); most=$(percent)
[ $fill_percent -le ${most%.*} ] || head -c $(((fill_percent - ${most%.*} - 1) * total / 100 * 1024)) /dev/urandom >/work/much
while awk "BEGIN { exit !($(percent) < $fill_percent) }"; do
  head -c 1000000 /dev/urandom >/work/more$i || exit 3; i=$((i + 1))
done
md5sum /work/* >/tmp/md5
mkfifo /tmp/never; exec 3<>/tmp/never
(while :; do echo bench-tick >/dev/ttyS0; read -t 0.02 nothing <&3; done) &
sync
)sh";

constexpr const char* kRaw = "/job/raw_rate_guest $swap || exit 3\n";

constexpr const char* kOurs = R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 4
echo used $(used); echo percent $(percent)
echo bench-request >/dev/ttyS0
kjump hibernate --to $store --door kexec --compress $compress --json >/tmp/report || { cat /tmp/report; exit 77; }
echo bench-back >/dev/ttyS0
)sh";

// The size of the image is not limited beyond what it must be, so that Linux loses no time with making room.
constexpr const char* kLinux = R"sh(
mkswap $swap >/dev/null && swapon $swap || exit 4
echo $way >/sys/module/hibernate/parameters/compressor || exit 4
cat /sys/power/image_size >/tmp/image_size; echo 99999999999 >/sys/power/image_size; echo shutdown >/sys/power/disk
echo used $(used); echo percent $(percent)
echo bench-request >/dev/ttyS0
echo disk >/sys/power/state || exit 77
echo bench-back >/dev/ttyS0
dmesg | sed -n 's/.*Image created ([0-9]* pages copied, \([0-9]*\) zero pages).*/zero \1/p'
)sh";

constexpr const char* kCheck = R"sh(
md5sum -c -s /tmp/md5 || { echo "memory is not what it was" >&2; exit 6; }
[ ! -e /tmp/report ] || { echo "== report"; cat /tmp/report; }
)sh";

std::string script_of(const CycleShape& shape) {
  std::ostringstream script;
  script << "store=" << partition(shape.bus, 1) << " swap=" << partition(shape.bus, 2) << " way=" << shape.way
         << " compress=" << shape.compress << " random_mib=" << shape.random_mib
         << " text_mib=" << shape.text_mib << " fill_percent=" << shape.fill_percent << "\n"
         << kFill << (shape.raw_rate ? kRaw : "") << (shape.way == "kjump" ? kOurs : kLinux) << kCheck;
  return script.str();
}

/// Lines "NAME NUMBER" before the report, then the report's numbers.
void read_answer(const std::string& text, CycleTimes& times) {
  const auto report = text.find("== report\n");
  std::istringstream lines(text.substr(0, report));
  std::string name;
  for (double value = 0; lines >> name >> value;) {
    if (name == "used" || name == "zero") {
      (name == "used" ? times.used_bytes : times.zero_pages) = static_cast<std::uint64_t>(value);
    } else {
      (name == "percent"      ? times.used_percent
       : name == "disk_write" ? times.disk_write
                              : times.disk_read) = value;
    }
  }
  if (report == std::string::npos) {
    return;
  }
  const auto json = nlohmann::json::parse(text.substr(text.find('\n', report) + 1), nullptr, false);
  if (!json.is_object()) {
    die("the report is not JSON: " + text);
  }
  const auto flat = json.flatten();  // "/save_us/content"
  for (const auto& [key, value] : flat.items()) {
    if (value.is_number()) {
      times.report[key] = value.get<double>();
    }
  }
  times.image_bytes = static_cast<std::uint64_t>(times.report["/image_blocks"]) * kBlock;
  times.zero_pages = static_cast<std::uint64_t>(times.report["/pages/zero"]);
}

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::optional<CycleTimes> try_cycle(const CycleShape& shape) {
  const BenchDisk disk(shape.memory_mib);
  const fs::path logs = fs::temp_directory_path() / ("kjump-bench-hibernate-" + std::to_string(getpid()));
  fs::remove_all(logs);
  LinuxVmOptions options;
  options.kernel = kKernel;
  // Emulated processors take turns in one thread (docs/decisions.md): Linux's compressing threads would only
  // be in each other's way.
  options.machine.cpus = 1;
  options.machine.memory_mib = shape.memory_mib;
  options.machine.machine = shape.machine;
  options.machine.disks = {Disk{disk.path(), shape.bus, false}};
  options.machine.artifacts = logs;
  Clock::time_point started;
  options.machine.progress = [&started](const std::string&) { started = Clock::now(); };  // just before QEMU
  Job job;
  job.limit = std::chrono::seconds(900);
  job.script = script_of(shape);
  job.files = {must(GuestFile::copy_of(KJUMP_RAW_RATE_GUEST, "/job/raw_rate_guest", true))};

  CycleTimes times;
  const LinuxVm machine(options);
  LogWatch first(logs / "serial.log", {kRequest});
  const auto saved = machine.run_until_power_off(job);
  if (!saved && saved.error().what.find("with code 77") != std::string::npos) {
    return std::nullopt;
  }
  const SuspendedJob off = must(saved);
  times.save = seconds(Clock::now() - first.when(kRequest));

  PowerOn how;
  if (shape.way != "kjump") {
    times.image_bytes = disk.swap_bytes();
    // No initial ramdisk: Linux looks for its image before it would use one. Nothing on the console, which
    // costs time.
    how.with = PowerOn::With::kMultiboot;
    how.program = must(find_kernel(kKernel));
    how.command_line = "console=ttyS0 quiet no_timer_check panic=-1 resume=" + partition(shape.bus, 2) +
                       " hibernate.compressor=" + shape.way;
  }
  LogWatch second(logs / "resumed" / "serial.log", {kTick, kBack});
  const JobResult result = must(machine.resume(off, how));
  if (result.exit_code != 0) {
    die("the guest came back damaged: " + result.out + result.err);
  }
  times.restore = seconds(second.when(kTick) - started);
  times.back = seconds(second.when(kBack) - started);
  read_answer(result.out, times);
  fs::remove_all(logs);
  return times;
}

CycleTimes run_cycle(const CycleShape& shape) {
  const auto times = try_cycle(shape);
  return times ? *times : (die("Linux refused to hibernate"), CycleTimes{});
}

}  // namespace kjump::bench
