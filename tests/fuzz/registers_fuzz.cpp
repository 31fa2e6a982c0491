// SPDX-License-Identifier: MIT
// Rule: no list of register arguments crashes the parser, and an accepted one never sets TF or AC (T17).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <kjump/abi/processor.hpp>

#include "bios/registers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kjump;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  bios::RegisterSet set;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string word(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (const auto assigned = set.assign(bios::argument(word)); !assigned) {
      if (assigned.error().subject.empty()) {
        std::abort();
      }
      return 0;
    }
  }
  const std::uint32_t flags = set.get().eflags;
  if ((flags & (abi::kFlagsTrap | abi::kFlagsAlignmentCheck)) != 0 || (flags & abi::kFlagsFixed) == 0) {
    std::abort();
  }
  return 0;
}
