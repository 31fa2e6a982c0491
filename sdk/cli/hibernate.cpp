// SPDX-License-Identifier: MIT
// kjump hibernate: the group; its commands are in files of their own.
#include "cli/commands.hpp"

namespace kjump::cli {

void add_hibernate(CLI::App& app) {
  CLI::App* group =
      app.add_subcommand("hibernate", "Save the machine to a disk, switch it off, and go on later.");
  group->require_subcommand(0, 1);
  add_hibernate_prepare(*group);
  add_hibernate_status(*group);
  add_hibernate_discard(*group);
  add_hibernate_save(*group);
  add_hibernate_check(*group);
  add_hibernate_facts(*group);
  add_hibernate_install_boot(*group);
}

}  // namespace kjump::cli
