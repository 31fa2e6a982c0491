// SPDX-License-Identifier: MIT
/// A number of the bench, and the functions that measure them: one file for each kind.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <kjump/result.hpp>

namespace kjump::bench {

struct Number {
  double value = 0;
  std::string unit;
  std::optional<double> reference;  ///< what to compare with
  std::string how;
};

[[noreturn]] inline void die(const std::string& text) {
  std::fprintf(stderr, "bench: %s\n", text.c_str());
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) {
    die(result.error().text());
  }
  return *std::move(result);
}

inline std::filesystem::path image(const std::string& name) {
  return std::filesystem::path(KJUMP_IMAGES) / (name + ".kjump");
}

/// thunk_numbers.cpp: cost of call `index` of payloads/thunk_cost.cpp.
[[nodiscard]] Number thunk(std::size_t index, std::optional<double> reference, const std::string& what);

/// What a call costs more with the contract report, with a deadline of its own.
[[nodiscard]] Number contract_report();
[[nodiscard]] Number call_deadline();

// size_numbers.cpp
[[nodiscard]] Number stub_and_thunk();
[[nodiscard]] Number fault_handlers();
[[nodiscard]] Number supervisor();
[[nodiscard]] Number smallest_image();

// kexec_numbers.cpp
[[nodiscard]] Number round_trip_vs_bare();

// fault_matrix.cpp
[[nodiscard]] Number faults_injected();
[[nodiscard]] Number faults_unexpected();

// hibernate_fault_numbers.cpp
[[nodiscard]] Number hibernate_faults_injected();
[[nodiscard]] Number hibernate_faults_unexpected();

// hang_numbers.cpp
[[nodiscard]] Number int13_lost(const std::string& bus);

// soak_numbers.cpp
[[nodiscard]] Number soak_failures(const std::string& kernel);

// disk_numbers.cpp: of one driver, "virtio", "nvme", "ahci", "ide" or "bios".
[[nodiscard]] Number disk_write(const std::string& name);
[[nodiscard]] Number disk_read(const std::string& name);

// bulk_numbers.cpp
[[nodiscard]] Number bulk_rate();

// wake_numbers.cpp
[[nodiscard]] Number wake_vs_rtcwake();
[[nodiscard]] Number wake_thousand_calls();

// hibernate_numbers.cpp: beside Linux's own hibernation, then of one driver: "virtio", "nvme", "ahci" or
// "ide".
[[nodiscard]] Number hibernate_save();
[[nodiscard]] Number hibernate_restore();
[[nodiscard]] Number hibernate_image();
[[nodiscard]] Number hibernate_save_rate();
[[nodiscard]] Number hibernate_restore_rate();
[[nodiscard]] Number hibernate_max_share();
[[nodiscard]] Number hibernate_driver_save(const std::string& name);
[[nodiscard]] Number hibernate_driver_restore(const std::string& name);

// kernel_numbers.cpp: two kernels that change places.
[[nodiscard]] Number kernels_ok();
[[nodiscard]] Number kernels_failed();
[[nodiscard]] Number kernels_a_to_b();
[[nodiscard]] Number kernels_b_to_a();
[[nodiscard]] Number kernels_first_boot();
[[nodiscard]] Number kernels_save_rate();
[[nodiscard]] Number kernels_restore_rate();

}  // namespace kjump::bench
