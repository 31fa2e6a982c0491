// SPDX-License-Identifier: MIT
// Runs every injected failure once, prints the table, and counts. KJUMP_FAULT_TABLE=FILE also writes it as
// Markdown: that is how docs/fault-matrix.md is made.
#include "bench/fault_matrix.hpp"

#include <cstdlib>
#include <fstream>

#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

struct Totals {
  int injected = 0;
  int unexpected = 0;
};

void write_table(const std::string& rows, const Totals& totals) {
  const char* path = std::getenv("KJUMP_FAULT_TABLE");
  if (path == nullptr) {
    return;
  }
  std::ofstream(path)
      << "# Injected failures\n\nWritten by `KJUMP_FAULT_TABLE=docs/fault-matrix.md scripts/bench "
         "faults.injected`, not by hand. "
      << totals.injected << " injected, " << totals.unexpected
      << " unexpected.\n\n| where | injected | expected | seen |\n|---|---|---|---|\n"
      << rows;
}

Totals run_all() {
  Totals totals;
  std::string rows;
  for (const auto& list : {machine_injections(), image_injections(), linux_injections()}) {
    for (const Injection& one : list) {
      const std::string seen = one.run();
      const bool same = seen == one.expected;
      totals.injected += 1;
      totals.unexpected += same ? 0 : 1;
      const std::string cells = one.where + " | " + one.what + " | " + one.expected + " | " + seen;
      rows += "| " + cells + (same ? "" : " **unexpected**") + " |\n";
      std::printf("%s%s\n", cells.c_str(), same ? "" : "   <-- UNEXPECTED");
      std::fflush(stdout);
    }
  }
  write_table(rows, totals);
  return totals;
}

const Totals& totals() {
  static const Totals once = run_all();
  return once;
}

}  // namespace

Number faults_injected() {
  return {static_cast<double>(totals().injected), "failures", std::nullopt,
          "failures made on purpose: exceptions, hangs, overwritten registers, devices, exchange, files, and "
          "what "
          "others do around a jump; the table is docs/fault-matrix.md"};
}

Number faults_unexpected() {
  return {static_cast<double>(totals().unexpected), "failures", std::nullopt,
          "of those, how many did not end as they must"};
}

}  // namespace kjump::bench
