// SPDX-License-Identifier: MIT
// kjump hibernate check: would hibernation work, and if not, what to do about it.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <kjump/abi/hibernate/save.hpp>

#include "cli/commands.hpp"
#include "cli/doctor_text.hpp"
#include "cli/hibernate_options.hpp"
#include "cli/progress_line.hpp"
#include "hibernate/examination.hpp"
#include "hibernate/hibernation.hpp"
#include "host/checks.hpp"
#include "host/open_session.hpp"
#include "report/terminal.hpp"

namespace kjump::cli {
namespace {

struct CheckArguments {
  hibernate::ExaminationOptions options;
  std::uint32_t disk_timeout_ms = 0;
  bool reboot = false;
  bool rehearse = false;
  bool json = false;
};

// The jump itself: the payload looks for free pages, opens the disk with its own driver and reads the canary
// that Linux has just written.
Check rehearse(const CheckArguments& arguments) {
  ProgressLine progress;
  hibernate::HibernateOptions options;
  options.store = arguments.options.store;
  options.door = arguments.options.door;
  options.save = {abi::hibernate::kSaveRehearse, arguments.options.after, arguments.disk_timeout_ms};
  options.progress = progress.callback();
  const auto report = hibernate::hibernate_machine(this_machine(), options);
  const Result<void> done =
      report ? hibernate::save_failure(report->reply, options.store) : Result<void>(Failure(report.error()));
  if (!done) {
    Error error = done.error();
    std::string cure = std::exchange(error.hint, {});
    return failed("rehearsal", "a rehearsal jump", error.code, error.text(), std::move(cure));
  }
  const auto& reply = report->reply;
  if (report->status() != abi::hibernate::SaveStatus::kRehearsed) {
    return failed("rehearsal", "a rehearsal jump", ErrorCode::kGuest,
                  fmt::format("the payload ended with status {}", reply.status), "please report this");
  }
  return passed("rehearsal", "a rehearsal jump",
                fmt::format("through the {} door: {} of {} pages are free, the canary is there", report->door,
                            reply.free_pages, reply.pages));
}

std::string to_json(const hibernate::HibernationExamination& found, bool works) {
  nlohmann::ordered_json document = {{"can_hibernate", works}, {"checks", checks_json(found.checks)}};
  document["expected_blocks"] =
      found.survey ? nlohmann::ordered_json(found.survey->expected_blocks()) : nlohmann::ordered_json();
  document["most_blocks"] =
      found.survey ? nlohmann::ordered_json(found.survey->most_blocks()) : nlohmann::ordered_json();
  document["room_blocks"] =
      found.room_blocks ? nlohmann::ordered_json(*found.room_blocks) : nlohmann::ordered_json();
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string to_table(const hibernate::HibernationExamination& found, bool works) {
  const Examination frame{found.checks, {}};
  return check_lines(found.checks, title_width(frame)) +
         fmt::format("\nverdict: this machine {} now\n", works ? "can hibernate" : "cannot hibernate");
}

void check_command(CheckArguments arguments) {
  if (arguments.reboot) {
    arguments.options.after = abi::hibernate::AfterSave::kReboot;
  }
  hibernate::HibernationExamination found = hibernate::examine_hibernation(this_machine(), arguments.options);
  if (arguments.rehearse && all_passed(found.checks)) {
    found.checks.push_back(rehearse(arguments));
  }
  const bool works = all_passed(found.checks);
  const std::string text =
      arguments.json ? to_json(found, works) : report::for_terminal(to_table(found, works));
  std::fputs(text.c_str(), stdout);
  if (!works) {
    throw Exit{kExitFailed};
  }
}

}  // namespace

void add_hibernate_check(CLI::App& group) {
  CLI::App* command = group.add_subcommand("check", "Would it work? Everything that can be known before.");
  const auto arguments = std::make_shared<CheckArguments>();
  command->add_option("--to", arguments->options.store, "the store")->type_name("STORE")->required();
  add_door(*command, arguments->options.door);
  command->add_flag("--reboot", arguments->reboot,
                    "for kjump hibernate --reboot: switching off is not needed");
  command->add_flag("--rehearse", arguments->rehearse,
                    "also jump, look at memory and read the disk with the payload's driver; writes no image");
  add_disk_timeout(*command, arguments->disk_timeout_ms);
  command->add_flag("--json", arguments->json,
                    R"(print {"can_hibernate", "checks": [CHECK], "expected_blocks", "room_blocks"})");
  command->footer("Exits with 0 if it would be tried, else with 1. Checks are as in kjump doctor --json.");
  command->callback([arguments] { check_command(*arguments); });
}

}  // namespace kjump::cli
