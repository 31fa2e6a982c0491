// SPDX-License-Identifier: MIT
// kjump guest: a command inside the virtual machine of the linux-vm target, for demos and experiments.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <kjump/linux_vm.hpp>

#include "cli/commands.hpp"
#include "cli/progress_line.hpp"
#include "cli/target_options.hpp"

namespace kjump::cli {
namespace {

struct GuestOptions {
  TargetOptions target;
  std::vector<std::string> files;
  std::vector<std::string> command;
  unsigned limit_seconds = 120;
};

/// SOURCE:GUEST_PATH
Result<GuestFile> guest_file(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size() || text[colon + 1] != '/') {
    return fail(ErrorCode::kInvalid, "not of the form FILE:/PATH/IN/GUEST", text);
  }
  return GuestFile::copy_of(text.substr(0, colon), text.substr(colon + 1), true);
}

Result<JobResult> run_in_guest(const GuestOptions& options) {
  ProgressLine progress;
  KJUMP_TRY(LinuxVmOptions vm, options.target.linux_vm_options(progress.callback()));
  Job job;
  job.arguments = options.command;
  job.limit = std::chrono::seconds(options.limit_seconds);
  for (const std::string& text : options.files) {
    KJUMP_TRY(GuestFile file, guest_file(text));
    job.files.push_back(std::move(file));
  }
  return LinuxVm(std::move(vm)).run(job);
}

void guest_command(const GuestOptions& options) {
  const JobResult result = value_or_die(run_in_guest(options));
  std::fwrite(result.out.data(), 1, result.out.size(), stdout);
  std::fflush(stdout);
  std::fwrite(result.err.data(), 1, result.err.size(), stderr);
  if (result.exit_code != 0) {
    std::fprintf(stderr, "kjump: the command ended with exit code %d in the guest\n", result.exit_code);
    throw Exit{kExitFailed};
  }
}

}  // namespace

void add_guest(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "guest", "Run a command in the virtual machine of the linux-vm target, with kjump in it.");
  auto options = std::make_shared<GuestOptions>();
  options->target.add_machine_to(*command);
  command->add_option("--file", options->files, "FILE:/PATH copies a file into the guest; may be repeated")
      ->take_all();
  command->add_option("--limit", options->limit_seconds, "seconds until the guest is killed")
      ->capture_default_str();
  command->add_option("command", options->command, "program and arguments, after --")->required();
  command->footer("Example: kjump guest --kernel 6.1 -- kjump doctor");
  command->callback([options] { guest_command(*options); });
}

}  // namespace kjump::cli
