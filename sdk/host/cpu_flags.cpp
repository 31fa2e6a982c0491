// SPDX-License-Identifier: MIT
#include "host/cpu_flags.hpp"

namespace kjump {

bool has_cpu_flag(const System& system, const std::string& flag) {
  // "flags\t\t: fpu vme ... umip ...", once per processor; the first stands for all.
  const std::string info = system.read_fact("/proc/cpuinfo").value_or("");
  const auto start = info.find("\nflags");
  if (start == std::string::npos) {
    return false;
  }
  const auto end = info.find('\n', start + 1);
  const std::string line = info.substr(start + 1, end - start - 1) + ' ';
  return line.find(' ' + flag + ' ') != std::string::npos;
}

}  // namespace kjump
