// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"

namespace kjump::cli {

void add_bios(CLI::App& /*app*/) {}

}  // namespace kjump::cli
