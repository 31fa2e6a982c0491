// SPDX-License-Identifier: MIT
#include "host/page_flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include <kjump/abi/layout.hpp>

namespace kjump {
namespace {

constexpr const char* kFlagsFile = "/proc/kpageflags";
// include/uapi/linux/kernel-page-flags.h and include/linux/kernel-page-flags.h
constexpr std::uint64_t flag(unsigned number) {
  return std::uint64_t{1} << number;
}
constexpr std::uint64_t kFree = flag(10);  // BUDDY
constexpr std::uint64_t kHeld =
    flag(19) | flag(20) | flag(23) | flag(32);  // HWPOISON NOPAGE OFFLINE RESERVED

}  // namespace

Result<std::vector<PageUse>> page_use(const System& system, std::uint64_t start, std::uint64_t end,
                                      std::uint64_t unit) {
  std::vector<PageUse> uses;
  const auto bytes = static_cast<std::size_t>(unit / abi::kPageBytes * sizeof(std::uint64_t));
  for (std::uint64_t at = start; at < end; at += unit) {
    KJUMP_TRY(const std::string flags,
              system.read_at(kFlagsFile, at / abi::kPageBytes * sizeof(std::uint64_t), bytes));
    PageUse use;
    for (std::size_t i = 0; i < bytes; i += sizeof(std::uint64_t)) {
      std::uint64_t value = kHeld;  // what is not told is not to be touched
      if (i + sizeof value <= flags.size()) {
        std::memcpy(&value, flags.data() + i, sizeof value);
      }
      use.free += (value & kFree) != 0 ? 1 : 0;
      use.held += (value & kHeld) != 0 ? 1 : 0;
    }
    uses.push_back(use);
  }
  return uses;
}

}  // namespace kjump
