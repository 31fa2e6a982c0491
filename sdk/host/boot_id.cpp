// SPDX-License-Identifier: MIT
#include "host/boot_id.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace kjump {

BootId read_boot_id(const System& system) {
  constexpr std::size_t kDigits = 8;  // of each number
  std::string text = system.read_line("/proc/sys/kernel/random/boot_id");
  text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
  BootId id{};
  if (text.size() != id.size() * kDigits) {
    return id;
  }
  for (std::size_t i = 0; i < id.size(); ++i) {
    const char* const first = text.data() + i * kDigits;
    std::from_chars(first, first + kDigits, id.at(i), 16);
  }
  return id;
}

}  // namespace kjump
