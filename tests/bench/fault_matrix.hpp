// SPDX-License-Identifier: MIT
/// Failures that are made on purpose, what has to come of each, and what did.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace kjump::bench {

struct Injection {
  std::string where;                 ///< "payload, physical mode"
  std::string what;                  ///< "division by zero"
  std::string expected;              ///< how it has to end, in the words of seen()
  std::function<std::string()> run;  ///< makes it happen and says how it ended
};

// One file for each place where failures are made.
[[nodiscard]] std::vector<Injection> machine_injections();  ///< fault_machine.cpp: in a bare virtual machine
[[nodiscard]] std::vector<Injection> image_injections();    ///< fault_images.cpp: files
[[nodiscard]] std::vector<Injection>
linux_injections();  ///< fault_linux.cpp: around the jump, in one Linux guest

}  // namespace kjump::bench
