// SPDX-License-Identifier: MIT
// kjump resume: from this Linux back into the one that was saved.
#include <cstdio>
#include <memory>
#include <string>

#include <kjump/abi/hibernate/restore.hpp>

#include "cli/commands.hpp"
#include "cli/hibernate_options.hpp"
#include "cli/hibernate_text.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "hibernate/hibernation.hpp"
#include "host/open_session.hpp"

namespace kjump::cli {
namespace {

struct ResumeArguments {
  hibernate::ResumeOptions options;
  bool fast = false;
  bool verify_only = false;
  bool json = false;
};

void resume_command(ResumeArguments arguments) {
  hibernate::ResumeOptions& options = arguments.options;
  options.restore.flags |= arguments.fast ? abi::hibernate::kRestoreFast : 0;
  options.restore.flags |= arguments.verify_only ? abi::hibernate::kRestoreVerifyOnly : 0;
  ProgressLine progress;
  options.progress = progress.callback();
  const hibernate::ResumeReport report =
      value_or_die(hibernate::resume_machine(this_machine(), options), arguments.json);
  const std::string text = arguments.json ? resume_json(report) : resume_text(report, options.store);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  check_or_die(hibernate::restore_failure(report.reply, options.store));
}

}  // namespace

void add_resume(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "resume", "Go back to the system that kjump hibernate has saved. This one ends, without a shutdown.");
  const auto arguments = std::make_shared<ResumeArguments>();
  command->add_option("store", arguments->options.store, "partition or file with the image")
      ->type_name("STORE")
      ->required();
  CLI::Option* fast = command->add_flag("--fast", arguments->fast,
                                        "do not read the whole image first to see that it is whole");
  command->add_flag("--verify-only", arguments->verify_only, "read and compare everything, then come back")
      ->excludes(fast);
  command
      ->add_option("--generation", arguments->options.restore.generation,
                   "this image instead of the newest that nobody went on from")
      ->check(CLI::PositiveNumber);
  add_door(*command, arguments->options.door);
  add_disk_timeout(*command, arguments->options.restore.disk_timeout_ms);
  command->add_flag("--json", arguments->json, "when it comes back, print why as JSON");
  command->footer(
      "Meant for an initramfs or a rescue system that has mounted nothing: what is mounted here is not\n"
      "unmounted. Comes back only when the image is refused, with 1, or for --verify-only.");
  command->callback([arguments] { resume_command(*arguments); });
}

}  // namespace kjump::cli
