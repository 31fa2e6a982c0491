// SPDX-License-Identifier: MIT
// Failures injected into hibernation, by tests/simulated/faults.cpp, a program of its own: the payloads' code
// and the sdk's have names in common.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

struct FaultTotals {
  double injected = 0;
  double unexpected = 0;
};

FaultTotals run_table() {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("kjump-hibernate-faults-" + std::to_string(::getpid()));
  // Its exit code says the same as the totals; without those it did not get to its end.
  const int code =
      std::system((std::string(KJUMP_HIBERNATE_FAULTS) + " --json '" + file.string() + "'").c_str());
  const auto totals = nlohmann::json::parse(std::ifstream(file), nullptr, false);
  std::filesystem::remove(file);
  if (!totals.is_object()) {
    die("kjump_hibernate_faults ended with " + std::to_string(code) + " and without totals");
  }
  return {totals.at("injected").get<double>(), totals.at("unexpected").get<double>()};
}

const FaultTotals& fault_totals() {
  static const FaultTotals once = run_table();
  return once;
}

}  // namespace

Number hibernate_faults_injected() {
  return {fault_totals().injected, "failures", std::nullopt,
          "failures injected into saves and restores: power, device, records, header, content, machine, "
          "disks, user; "
          "the table is docs/hibernation-faults.md"};
}

Number hibernate_faults_unexpected() {
  return {fault_totals().unexpected, "failures", std::nullopt, "of those, how many did not end as they must"};
}

}  // namespace kjump::bench
