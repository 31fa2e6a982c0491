// SPDX-License-Identifier: MIT
// kjump kernel enter|back|drop: from one of two kernels into the other. The group's other commands are in
// files of their own.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/kernel_text.hpp"
#include "cli/plain_text.hpp"
#include "host/open_session.hpp"
#include "kernel/second_kernel.hpp"

namespace kjump::cli {
namespace {

void print_crossing(const two_kernels::CrossingReport& report, bool json) {
  if (json) {
    std::fputs((crossing_json(report).dump(2) + "\n").c_str(), stdout);
  } else {
    std::fputs(crossing_text(report).c_str(), stdout);
  }
}

void add_kernel_travel(CLI::App& group) {
  const auto json = std::make_shared<bool>(false);
  const auto name = std::make_shared<std::string>();
  CLI::App* enter =
      group.add_subcommand("enter", "In the first kernel: go on in the second one, until it comes back.");
  enter->add_option("name", *name, "which, if there are several");
  const auto deadline = std::make_shared<std::uint32_t>(0);
  add_second_deadline(*enter, *deadline);
  enter->add_flag("--json", *json, kCrossingJsonHelp);
  enter->callback([name, json, deadline] {
    print_crossing(value_or_die(two_kernels::enter_kernel(this_machine(), *name, *deadline), *json), *json);
  });
  CLI::App* back =
      group.add_subcommand("back", "In the second kernel: back to the first one, until it enters this one.");
  back->add_flag("--json", *json, kCrossingJsonHelp);
  back->callback(
      [json] { print_crossing(value_or_die(two_kernels::go_back(this_machine()), *json), *json); });
}

void add_kernel_drop(CLI::App& group) {
  const auto json = std::make_shared<bool>(false);
  const auto name = std::make_shared<std::string>();
  CLI::App* drop =
      group.add_subcommand("drop", "In the first kernel: give the second one up, and get its memory back.");
  drop->add_option("name", *name, "which, if there are several");
  drop->add_flag("--json", *json, R"(print {"dropped": NAME})");
  drop->callback([name, json] {
    const auto entry = value_or_die(two_kernels::drop_kernel(this_machine(), *name), *json);
    if (*json) {
      std::fputs((nlohmann::ordered_json{{"dropped", entry.name}}.dump(2) + "\n").c_str(), stdout);
    } else {
      std::fputs(
          fmt::format("dropped {}: {} are this kernel's again\n", entry.name, size_text(entry.memory.bytes))
              .c_str(),
          stdout);
    }
  });
}

}  // namespace

void add_kernel(CLI::App& app) {
  CLI::App* group =
      app.add_subcommand("kernel", "A second kernel beside this one: start it, go there and back.");
  group->require_subcommand(1);
  add_kernel_run(*group);
  add_kernel_travel(*group);
  add_kernel_status(*group);
  add_kernel_restore(*group);
  add_kernel_params(*group);
  add_kernel_drop(*group);
}

}  // namespace kjump::cli
