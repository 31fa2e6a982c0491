// SPDX-License-Identifier: MIT
// kjump doctor: can this machine jump, and if not, what to do about it.
#include <cstdio>
#include <memory>

#include <kjump/doctor.hpp>

#include "cli/commands.hpp"
#include "cli/doctor_text.hpp"

namespace kjump::cli {

void add_doctor(CLI::App& app) {
  CLI::App* command = app.add_subcommand("doctor", "Check whether this machine can jump");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->footer(
      "Touches nothing. Exits with 0 if a jump would be tried, else with 1.\n"
      "Example: kjump doctor --json");
  command->callback([json] {
    const Examination examination = examine_host();
    const std::string text = *json ? doctor_json(examination) : doctor_table(examination);
    std::fputs(text.c_str(), stdout);
    if (examination.door() == nullptr) {
      throw Exit{kExitFailed};
    }
  });
}

}  // namespace kjump::cli
