// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"
namespace kjump::cli {
void add_image(CLI::App&) {}
}  // namespace kjump::cli
