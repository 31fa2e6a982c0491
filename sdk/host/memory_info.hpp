// SPDX-License-Identifier: MIT
/// Lines of /proc/meminfo.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/system.hpp"

namespace kjump {

/// "MemFree", "MemAvailable", ... in bytes; 0 where there is no such line.
[[nodiscard]] inline std::uint64_t memory_info(const System& system, const std::string& field) {
  const std::string text = "\n" + system.read_line("/proc/meminfo");
  const std::string name = "\n" + field + ":";
  const auto at = text.find(name);
  constexpr std::uint64_t kKibibyte = 1024;
  return at == std::string::npos ? 0
                                 : std::strtoull(text.c_str() + at + name.size(), nullptr, 10) * kKibibyte;
}

}  // namespace kjump
