// SPDX-License-Identifier: MIT
// Rule: whatever goes wrong with power, disk, image, machine or user while a machine is saved or restored, it
// ends as the table says: an image comes back byte for byte, or memory is untouched and there is a reason.
//
//     kjump_hibernate_faults [--table FILE | --check FILE] [--json FILE]
//
// Runs every injection and prints a line for each. --table writes docs/hibernation-faults.md, --check fails
// when that file says something else. exit: 0 all as expected
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

struct Totals {
  int injected = 0;
  int unexpected = 0;
  std::string rows;
  std::vector<std::pair<std::string, int>> kinds;
};

void count(Totals& totals, const std::string& where) {
  if (totals.kinds.empty() || totals.kinds.back().first != where) {
    totals.kinds.emplace_back(where, 0);
  }
  ++totals.kinds.back().second;
}

void run(const Injection& one, Totals& totals) {
  const std::string seen = one.run();
  const bool same = seen == one.expected;
  totals.injected += 1;
  totals.unexpected += same ? 0 : 1;
  count(totals, one.where);
  const std::string cells = one.where + " | " + one.what + " | " + one.expected;
  totals.rows += "| " + cells + (same ? "" : " **seen: " + seen + "**") + " |\n";
  std::printf("%s%s\n", cells.c_str(), same ? "" : ("   <-- UNEXPECTED: " + seen).c_str());
  std::fflush(stdout);
}

Totals run_all() {
  Totals totals;
  using List = std::vector<Injection> (*)();
  for (const List list : {power_injections, device_injections, record_injections, header_injections,
                          content_injections, machine_injections, user_injections}) {
    for (const Injection& one : list()) {
      run(one, totals);
    }
  }
  return totals;
}

std::string document(const Totals& totals) {
  std::string text = fmt::format(
      "# Injected failures of hibernation\n\n"
      "Written by `build/tests/simulated/kjump_hibernate_faults --table docs/hibernation-faults.md`, not by "
      "hand; test\n`simulated.faults` fails when it is not what happens. {} injected, {} unexpected.\n\n"
      "The code of both payloads runs, compiled for the host, on a made-up machine. \"Older\" and \"newer\" "
      "image: a save over an\nimage that somebody may still want. Wherever the table says *restored*, memory "
      "was compared with what was saved, byte for\nbyte; wherever it says *refused* or *told*, memory was "
      "compared with what it held before, and where the injection was in a\nrestore, the same image was "
      "restored afterwards, whole, from the mended disk or machine.\n\n| what | injected |\n|---|---|\n",
      totals.injected, totals.unexpected);
  for (const auto& [where, number] : totals.kinds) {
    text += fmt::format("| {} | {} |\n", where, number);
  }
  return text + "\n| where | injected | what comes of it |\n|---|---|---|\n" + totals.rows;
}

std::string content_of(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int main_program(int argc, char** argv) {
  const Totals totals = run_all();
  std::printf("%d injected, %d unexpected\n", totals.injected, totals.unexpected);
  bool other = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--table") {
      std::ofstream(argv[i + 1]) << document(totals);
    } else if (option == "--json") {
      std::ofstream(argv[i + 1]) << fmt::format("{{\"injected\": {}, \"unexpected\": {}}}\n", totals.injected,
                                                totals.unexpected);
    } else if (option == "--check" && content_of(argv[i + 1]) != document(totals)) {
      std::fprintf(stderr, "%s does not say what happens: write it anew with --table\n", argv[i + 1]);
      other = true;
    }
  }
  return totals.unexpected != 0 || other ? 1 : 0;
}

}  // namespace
}  // namespace kjump::simulated

int main(int argc, char** argv) {
  return kjump::simulated::main_program(argc, argv);
}
