// SPDX-License-Identifier: MIT
/// kjump link: object files in, jump image out.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "link/arguments.hpp"

namespace kjump::cli {

void add_link(CLI::App& app) {
  CLI::App* command = app.add_subcommand("link", "Link object files into a jump image");
  command->footer("Example: kjump link -o hello.kjump --mode physical hello.o");
  // The parser outlives this function; the callback keeps the arguments alive with it.
  auto arguments = std::make_shared<linking::Arguments>();
  linking::add_arguments(*command, *arguments);
  command->callback([arguments] { value_or_die(linking::link_as_told(*arguments)); });
}

}  // namespace kjump::cli
