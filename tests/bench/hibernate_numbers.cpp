// SPDX-License-Identifier: MIT
// kjump's hibernation beside Linux's own: the same guest, the same disk, memory filled alike, taking turns in
// one run. Everything is emulated, so seconds say little by themselves; ratios are what counts.
#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/hibernate_cycle.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

constexpr std::size_t kRounds = 3;  // odd, for the median
constexpr const char* kMethod =
    "Linux 6.12 (TCG, pc, 1 CPU, 1 GiB; 128 MiB of random bytes and 192 MiB of program text in a tmpfs; "
    "virtio disk), medians of "
    "3 alternating rounds, by this host's clock";

using Cycles = std::vector<CycleTimes>;

/// Measured once, for all numbers: kjump and each compressor of Linux in turn.
const std::map<Way, Cycles>& cycles() {
  static const std::map<Way, Cycles> all = [] {
    std::map<Way, Cycles> measured;
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (const char* way : {"kjump", "lzo", "lz4"}) {
        measured[way].push_back(run_cycle({.way = way, .raw_rate = true}));
      }
    }
    return measured;
  }();
  return all;
}

double median(const Cycles& cycles, const std::function<double(const CycleTimes&)>& of) {
  std::vector<double> values;
  std::transform(cycles.begin(), cycles.end(), std::back_inserter(values), of);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Three {
  double ours, lzo, lz4;

  [[nodiscard]] double best() const { return std::min(lzo, lz4); }
  [[nodiscard]] std::string text(const char* unit) const {
    return fmt::format("kjump {:.2f} {}, LZO {:.2f} {}, LZ4 {:.2f} {}", ours, unit, lzo, unit, lz4, unit);
  }
};

Three three(const std::function<double(const CycleTimes&)>& of) {
  return {median(cycles().at("kjump"), of), median(cycles().at("lzo"), of), median(cycles().at("lz4"), of)};
}

/// Where kjump's time went, by the payload's clock: "content 1.20 s, ...".
std::string phases(const char* group) {
  std::string text;
  const std::string prefix = std::string("/") + group + "/";
  for (const auto& [key, value] : cycles().at("kjump").front().report) {
    if (key.starts_with(prefix) && key != prefix + "mb_per_s") {
      const double each = median(cycles().at("kjump"), [&key = key](const CycleTimes& cycle) {
        const auto found = cycle.report.find(key);
        return found == cycle.report.end() ? 0 : found->second;
      });
      text += fmt::format("{}{} {:.2f} s", text.empty() ? "" : ", ", key.substr(prefix.size()), each / 1e6);
    }
  }
  return text;
}

double image_megabytes(const CycleTimes& cycle) {
  return static_cast<double>(cycle.image_bytes) / 1e6;
}

struct Driver {
  DiskBus bus;
  const char* machine;
};
const std::map<std::string, Driver> kDrivers{{"virtio", {DiskBus::kVirtio, "pc"}},
                                             {"nvme", {DiskBus::kNvme, "q35"}},
                                             {"ahci", {DiskBus::kAhci, "q35"}},
                                             {"ide", {DiskBus::kIde, "pc"}}};

const CycleTimes& with_driver(const std::string& name) {
  static std::map<std::string, CycleTimes> all;
  if (const auto found = all.find(name); found != all.end()) {
    return found->second;
  }
  const Driver& driver = kDrivers.at(name);
  const CycleShape shape{.bus = driver.bus,
                         .machine = driver.machine,
                         .memory_mib = 512,
                         .random_mib = 96,
                         .text_mib = 96,
                         .raw_rate = true};
  return all[name] = run_cycle(shape);
}

constexpr const char* kDriverMethod =
    "of memory that the image holds (96 MiB of random bytes, 96 MiB of program text and Linux, of 512 MiB), "
    "by the payload's clock, "
    "flush or hashes included; reference: dd with direct I/O on the same disk, by Linux";

}  // namespace

Number hibernate_save() {
  const Three times = three([](const CycleTimes& cycle) { return cycle.save; });
  return {times.best() / times.ours, "times as fast", std::nullopt,
          "from the request until the machine is off, Linux's time with the faster of its compressors / "
          "kjump's: " +
              times.text("s") + "; the payload's share: " + phases("save_us") +
              "; its processor's: " + phases("save_work_us") + "; " + kMethod};
}

Number hibernate_restore() {
  const Three times = three([](const CycleTimes& cycle) { return cycle.restore; });
  const Three back = three([](const CycleTimes& cycle) { return cycle.back; });
  return {times.best() / times.ours, "times as fast", std::nullopt,
          "from the start of the new QEMU until a process goes on, Linux's time with the faster of its "
          "compressors / "
          "kjump's: " +
              times.text("s") + " (until the command that asked for it is back: " + back.text("s") +
              "); the payload's share: " + phases("restore_us") +
              "; its processor's: " + phases("restore_work_us") + "; " + kMethod};
}

Number hibernate_image() {
  const CycleTimes small = run_cycle({.way = "kjump", .compress = "always"});
  const Three sizes = three(image_megabytes);
  const Three zero = three([](const CycleTimes& cycle) { return static_cast<double>(cycle.zero_pages); });
  return {image_megabytes(small) / sizes.best(), "of the size", std::nullopt,
          fmt::format("bytes written to the disk, kjump's with --compress always ({:.2f} MB, saved in {:.2f} "
                      "s, restored in {:.2f} s) / the "
                      "smaller of Linux's; with what is compressed left to kjump, as it is for the other "
                      "numbers: {}; zero pages left out: {}; {}",
                      image_megabytes(small), small.save, small.restore, sizes.text("MB"), zero.text("pages"),
                      kMethod)};
}

Number hibernate_save_rate() {
  const Three rates =
      three([](const CycleTimes& cycle) { return static_cast<double>(cycle.used_bytes) / 1e6 / cycle.save; });
  const double disk = median(cycles().at("kjump"), [](const CycleTimes& cycle) { return cycle.disk_write; });
  return {rates.ours, "MB/s", disk,
          "memory in use / time from the request until the machine is off: " + rates.text("MB/s") +
              "; reference: dd with direct I/O onto the same disk; " + kMethod};
}

Number hibernate_restore_rate() {
  const Three rates = three(
      [](const CycleTimes& cycle) { return static_cast<double>(cycle.used_bytes) / 1e6 / cycle.restore; });
  const double disk = median(cycles().at("kjump"), [](const CycleTimes& cycle) { return cycle.disk_read; });
  return {rates.ours, "MB/s", disk,
          "memory in use / time from the start of the new QEMU until a process goes on: " +
              rates.text("MB/s") + "; reference: dd with direct I/O from the same disk; " + kMethod};
}

Number hibernate_max_share() {
  CycleShape shape{.memory_mib = 1536, .random_mib = 0, .text_mib = 0, .fill_percent = 96};
  auto saved = try_cycle(shape);
  constexpr std::uint32_t kLeast = 90;
  while (!saved && shape.fill_percent > kLeast) {
    --shape.fill_percent;
    saved = try_cycle(shape);
  }
  if (!saved) {
    die("not even a guest with 90 % of its memory in use was saved");
  }
  const CycleTimes ours = *saved;
  shape.way = "lz4";
  const auto theirs = try_cycle(shape);
  const std::string linux_says = theirs ? fmt::format(
                                              "was saved in {:.1f} s and came back in {:.1f} s with {:.1f} "
                                              "%, most of it moved to swap before",
                                              theirs->save, theirs->restore, theirs->used_percent)
                                        : std::string("refused");
  return {ours.used_percent, "% of RAM", std::nullopt,
          fmt::format("highest, from 96 down: MemTotal without MemFree and reclaimable pages, "
                      "of a guest of 1.5 GiB filled with "
                      "random bytes, which "
                      "was saved in {:.1f} s and came back in {:.1f} s; Linux's own hibernation with LZ4, "
                      "swap as large as RAM: "
                      "the same guest {}",
                      ours.save, ours.restore, linux_says)};
}

Number hibernate_driver_save(const std::string& name) {
  const CycleTimes& cycle = with_driver(name);
  return {cycle.report.at("/save_us/mb_per_s"), "MB/s", cycle.disk_write, kDriverMethod};
}

Number hibernate_driver_restore(const std::string& name) {
  const CycleTimes& cycle = with_driver(name);
  return {cycle.report.at("/restore_us/mb_per_s"), "MB/s", cycle.disk_read, kDriverMethod};
}

}  // namespace kjump::bench
