// SPDX-License-Identifier: MIT
// kjump hibernate --to STORE, and kjump suspend-then-hibernate: the machine's memory to a disk, and off.
#include <cstdio>
#include <memory>
#include <string>

#include <kjump/abi/hibernate/save.hpp>

#include "cli/commands.hpp"
#include "cli/hibernate_options.hpp"
#include "cli/hibernate_text.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "hibernate/hibernation.hpp"
#include "host/open_session.hpp"

namespace kjump::cli {
namespace {

using abi::hibernate::AfterSave;

struct SaveArguments {
  hibernate::HibernateOptions options;
  bool and_continue = false;
  bool reboot = false;
  std::string compress = "auto";
  std::uint32_t minutes = 0;
  bool json = false;
};

void save_command(SaveArguments arguments) {
  hibernate::HibernateOptions& options = arguments.options;
  options.save.after = arguments.and_continue ? AfterSave::kContinue
                       : arguments.reboot     ? AfterSave::kReboot
                                              : AfterSave::kPowerOff;
  options.save.flags |= arguments.compress == "always"  ? abi::hibernate::kSaveCompressAll
                        : arguments.compress == "never" ? abi::hibernate::kSaveCompressNothing
                                                        : 0;
  ProgressLine progress;
  options.progress = progress.callback();
  options.warn = notes_to_stderr();
  const hibernate::HibernateReport report =
      value_or_die(hibernate::hibernate_machine(this_machine(), options), arguments.json);
  const std::string text = arguments.json ? hibernate_json(report) : hibernate_text(report, options.store);
  std::fputs(text.c_str(), stdout);
  check_or_die(hibernate::save_failure(report.reply, options.store));
}

void add_common(CLI::App& command, SaveArguments& arguments) {
  command.add_flag("--drop-caches", arguments.options.drop_caches,
                   "forget clean file content first: a smaller image, a slower start afterwards");
  command
      .add_option("--compress", arguments.compress,
                  "auto: while the disk is busy, and where an image would take more than half of the store")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  add_disk_timeout(command, arguments.options.save.disk_timeout_ms);
  add_payload_deadline(command, arguments.options.deadline_ms);
  command.add_flag("--json", arguments.json, "print the report as JSON when the machine is back");
}

constexpr const char* kStoreHelp = "partition or file made by kjump hibernate prepare";

}  // namespace

void add_hibernate_save(CLI::App& group) {
  const auto arguments = std::make_shared<SaveArguments>();
  group.add_option("--to", arguments->options.store, kStoreHelp)->type_name("STORE");
  add_door(group, arguments->options.door);
  CLI::Option* go_on =
      group.add_flag("--and-continue", arguments->and_continue, "do not switch off: a snapshot");
  group.add_flag("--reboot", arguments->reboot, "restart the machine instead of switching it off")
      ->excludes(go_on);
  add_common(group, *arguments);
  group.footer("Example: kjump hibernate check --to /dev/sda3 && kjump hibernate --to /dev/sda3");
  group.callback([&group, arguments] {
    if (!group.get_subcommands().empty()) {
      return;  // it has run
    }
    if (arguments->options.store.empty()) {
      throw CLI::RequiredError("--to STORE, or a command,");
    }
    save_command(*arguments);
  });
}

void add_suspend_then_hibernate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "suspend-then-hibernate",
      "Sleep, and when nobody has woken the machine after a while, save it to a disk and switch it off.");
  const auto arguments = std::make_shared<SaveArguments>();
  command->add_option("--to", arguments->options.store, kStoreHelp)->type_name("STORE")->required();
  constexpr std::uint32_t kMostMinutes = 60 * 24 * 7;
  command->add_option("--after", arguments->minutes, "how long to sleep first, in minutes")
      ->check(CLI::Range(1U, kMostMinutes))
      ->required();
  add_common(*command, *arguments);
  command->footer(
      "Linux does not wake up in between. Example: kjump suspend-then-hibernate --to /dev/sda3 --after 60");
  command->callback([arguments] {
    constexpr std::uint32_t kSecondsPerMinute = 60;
    arguments->options.door = {DoorChoice::kWake, arguments->minutes * kSecondsPerMinute};
    arguments->options.save.flags |= abi::hibernate::kSaveOnlyIfAlarm;
    save_command(*arguments);
  });
}

}  // namespace kjump::cli
