// SPDX-License-Identifier: MIT
// kjump wake: care for what the wake door changes. kjump-wake-repair.service calls it before every suspend.
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include <kjump/wake.hpp>

#include "cli/commands.hpp"
#include "report/json.hpp"

namespace kjump::cli {
namespace {

void repair(bool json) {
  const Result<WakeRepair> done = repair_wake_door();
  if (!done) {
    if (json) {
      std::fputs((report::to_json(done.error()) + "\n").c_str(), stdout);
    }
    die(done.error());
  }
  if (json) {
    const nlohmann::ordered_json document = {{"session_runs", done->session_runs},
                                             {"repaired", done->repaired}};
    std::fputs((document.dump(2) + "\n").c_str(), stdout);
    return;
  }
  for (const std::string& line : done->repaired) {
    std::puts(line.c_str());
  }
  if (done->session_runs) {
    std::puts("a kjump is running; what it has displaced it puts back itself");
  } else if (done->repaired.empty()) {
    std::puts("nothing to repair");
  }
}

}  // namespace

void add_wake(CLI::App& app) {
  CLI::App* command = app.add_subcommand("wake", "Care for what the wake door changes.");
  command->require_subcommand(1);
  CLI::App* repair_command = command->add_subcommand(
      "repair", "Put back what a killed kjump has left: wake-up code, alarm, mem_sleep.");
  const auto json = std::make_shared<bool>(false);
  repair_command->add_flag("--json", *json, R"(print {"session_runs": bool, "repaired": [TEXT]})");
  repair_command->footer("Exits with 0 also when there was nothing to repair.");
  repair_command->callback([json] { repair(*json); });
}

}  // namespace kjump::cli
