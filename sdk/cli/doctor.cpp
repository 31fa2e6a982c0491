// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"

namespace kjump::cli {

void add_doctor(CLI::App& /*app*/) {}

}  // namespace kjump::cli
