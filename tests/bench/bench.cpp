// SPDX-License-Identifier: MIT
// The project's numbers: guest instructions under -icount and bytes, the same on every machine; ratios of one
// run. bench [NAME ...] [--json FILE] [--check]: without names all, with names those, where "disk" is all of
// disk.*; --check fails when a number is beyond its bound, and leaves out what takes minutes unless it is
// named. `scripts/bench` builds and calls it.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/numbers.hpp"

namespace {

using namespace kjump::bench;

struct Entry {
  const char* key;
  std::function<Number()> measure;
  std::optional<double> highest_ratio = std::nullopt;  ///< to the reference; --check fails above it
  std::optional<double> highest = std::nullopt;        ///< the value itself, likewise
  bool takes_minutes = false;                          ///< --check asks for it by name only
  std::optional<double> lowest = std::nullopt;         ///< of the value itself; --check fails below it
};

constexpr std::optional<double> kNone;

/// The number itself, or all whose name begins so.
bool is_called(const Entry& entry, const std::string& name) {
  return name == entry.key || std::string(entry.key).starts_with(name + ".");
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      // iPXE's librm self-test, REAL_CODE(""), measured the same way (bios_calls.md section 4).
      {"thunk.empty_round_trip", [] { return thunk(0, 217, "an empty far call"); }, 1.0},
      {"thunk.int12", [] { return thunk(1, std::nullopt, "INT 12h"); }},
      {"thunk.e820", [] { return thunk(2, std::nullopt, "INT 15h AX=E820h, first entry"); }},
      {"thunk.vbe_4f01", [] { return thunk(3, std::nullopt, "INT 10h AX=4F01h"); }},
      {"thunk.call_deadline", call_deadline},
      {"report.cost_instructions", contract_report},
      {"size.stub_and_thunk", stub_and_thunk, 1.0},
      {"size.fault_handlers", fault_handlers},
      {"size.supervisor", supervisor},
      {"size.smallest_image", smallest_image},
      // Measured: 1.043 to 1.046. What is in it: docs/decisions.md.
      {"jump.round_trip_vs_bare", round_trip_vs_bare, 1.05},
      {"faults.injected", faults_injected},
      {"faults.unexpected", faults_unexpected, std::nullopt, 0.0},
      {"hibernate.faults_injected", hibernate_faults_injected},
      {"hibernate.faults_unexpected", hibernate_faults_unexpected, std::nullopt, 0.0},
      {"soak.failures_6_12", [] { return soak_failures("6.12"); }, std::nullopt, 0.0, true},
      {"soak.failures_6_1", [] { return soak_failures("6.1"); }, std::nullopt, 0.0, true},
      {"hang.int13_lost_virtio", [] { return int13_lost("virtio"); }, std::nullopt, 0.0, true},
      {"hang.int13_lost_ahci", [] { return int13_lost("ahci"); }, std::nullopt, 0.0, true},
      {"wake.round_trip_vs_rtcwake", wake_vs_rtcwake, 1.05},
      {"wake.thousand_calls", wake_thousand_calls},
      {"bulk.mb_s", bulk_rate},
      {"disk.virtio_write_mb_s", [] { return disk_write("virtio"); }},
      {"disk.virtio_read_mb_s", [] { return disk_read("virtio"); }},
      {"disk.nvme_write_mb_s", [] { return disk_write("nvme"); }},
      {"disk.nvme_read_mb_s", [] { return disk_read("nvme"); }},
      {"disk.ahci_write_mb_s", [] { return disk_write("ahci"); }},
      {"disk.ahci_read_mb_s", [] { return disk_read("ahci"); }},
      {"disk.ide_write_mb_s", [] { return disk_write("ide"); }},
      {"disk.ide_read_mb_s", [] { return disk_read("ide"); }},
      {"disk.bios_write_mb_s", [] { return disk_write("bios"); }},
      {"disk.bios_read_mb_s", [] { return disk_read("bios"); }},
      // Goals of issue 5; its crude prototype reached 1.75 and 5.5.
      {"hibernate.save_vs_swsusp", hibernate_save, kNone, kNone, true, 2.0},
      {"hibernate.restore_vs_swsusp", hibernate_restore, kNone, kNone, true, 5.0},
      {"hibernate.image_vs_swsusp", hibernate_image, kNone, 1.1, true},
      {"hibernate.save_mb_s", hibernate_save_rate, kNone, kNone, true},
      {"hibernate.restore_mb_s", hibernate_restore_rate, kNone, kNone, true},
      {"hibernate.max_share_of_ram", hibernate_max_share, kNone, kNone, true, 95.0},
      {"hibernate.virtio_save_mb_s", [] { return hibernate_driver_save("virtio"); }, kNone, kNone, true},
      {"hibernate.virtio_restore_mb_s", [] { return hibernate_driver_restore("virtio"); }, kNone, kNone,
       true},
      {"hibernate.nvme_save_mb_s", [] { return hibernate_driver_save("nvme"); }, kNone, kNone, true},
      {"hibernate.nvme_restore_mb_s", [] { return hibernate_driver_restore("nvme"); }, kNone, kNone, true},
      {"hibernate.ahci_save_mb_s", [] { return hibernate_driver_save("ahci"); }, kNone, kNone, true},
      {"hibernate.ahci_restore_mb_s", [] { return hibernate_driver_restore("ahci"); }, kNone, kNone, true},
      {"hibernate.ide_save_mb_s", [] { return hibernate_driver_save("ide"); }, kNone, kNone, true},
      {"hibernate.ide_restore_mb_s", [] { return hibernate_driver_restore("ide"); }, kNone, kNone, true},
      {"kernels.round_trips_ok", kernels_ok, kNone, kNone, true},
      {"kernels.round_trips_failed", kernels_failed, kNone, 0.0, true},
      {"kernels.a_to_b_ms", kernels_a_to_b, kNone, kNone, true},
      {"kernels.b_to_a_ms", kernels_b_to_a, kNone, kNone, true},
      {"kernels.first_boot_vs_kexec", kernels_first_boot, kNone, kNone, true},
      {"kernels.save_mb_s", kernels_save_rate, kNone, kNone, true},
      {"kernels.restore_mb_s", kernels_restore_rate, kNone, kNone, true},
  };
  return all;
}

nlohmann::ordered_json as_json(const Number& number) {
  nlohmann::ordered_json json{{"value", number.value}, {"unit", number.unit}};
  json["reference"] = number.reference ? nlohmann::ordered_json(*number.reference) : nlohmann::ordered_json();
  json["ratio"] =
      number.reference ? nlohmann::ordered_json(number.value / *number.reference) : nlohmann::ordered_json();
  json["how"] = number.how;
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> wanted;
  std::string json_path;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--json" && i + 1 < argc) {
      json_path = argv[++i];
    } else if (std::string(argv[i]) == "--check") {
      check = true;
    } else {
      wanted.emplace_back(argv[i]);
    }
  }
  for (const std::string& name : wanted) {
    if (std::none_of(entries().begin(), entries().end(),
                     [&](const Entry& entry) { return is_called(entry, name); })) {
      std::fprintf(stderr, "bench: no number is called '%s'; there are:", name.c_str());
      for (const Entry& entry : entries()) {
        std::fprintf(stderr, " %s", entry.key);
      }
      std::fprintf(stderr, "\n");
      return 2;
    }
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  bool over = false;
  for (const Entry& entry : entries()) {
    if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(),
                                        [&](const std::string& name) { return is_called(entry, name); })) {
      continue;
    }
    if (check && wanted.empty() && entry.takes_minutes) {
      continue;
    }
    const Number number = entry.measure();
    all[entry.key] = as_json(number);
    // Ratios are small.
    constexpr double kSmall = 100;
    std::printf("%-28s %12.*f %-18s", entry.key, number.value < kSmall ? 2 : 0, number.value,
                number.unit.c_str());
    if (number.reference) {
      std::printf("  reference %.0f, ratio %.3f", *number.reference, number.value / *number.reference);
    }
    const double ratio = number.reference ? number.value / *number.reference : 0;
    if (check && entry.highest_ratio && ratio > *entry.highest_ratio) {
      std::printf("  OVER ITS BOUND %.2f", *entry.highest_ratio);
      over = true;
    }
    if (check && entry.highest && number.value > *entry.highest) {
      std::printf("  OVER ITS BOUND %.0f", *entry.highest);
      over = true;
    }
    if (check && entry.lowest && number.value < *entry.lowest) {
      std::printf("  BELOW ITS BOUND %.2f", *entry.lowest);
      over = true;
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  if (!json_path.empty()) {
    std::ofstream(json_path) << all.dump(2) << "\n";
  }
  return over ? 1 : 0;
}
