// SPDX-License-Identifier: MIT
#include "kernel/second_command_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <kjump/abi/two_kernels.hpp>

#include "kernel/core_area.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

namespace format = abi::two_kernels;

std::string core_header_option(std::uint64_t address) {
  return fmt::format("{}0x{:0{}x}", kCoreHeaderOption, address, kBackEntryDigits);
}

std::optional<std::uint32_t> core_header_at(const std::string& command_line) {
  const auto at = command_line.find(core_header_option(format::kCoreHeaderBase));
  return at == std::string::npos ? std::nullopt : std::optional(static_cast<std::uint32_t>(at));
}

Result<std::string> second_command_line(const StartOptions& options, const BootImage& image) {
  std::string line = options.append;
  const auto has = [&line](const char* option) { return line.find(option) != std::string::npos; };
  if (!has("maxcpus=") && !has("nr_cpus=") && !has("nosmp")) {
    // The others are parked in this kernel. One of them may be the guard, which is to stay out of reach.
    line += line.empty() ? "" : " ";
    line += options.deadline_seconds != 0 ? "nr_cpus=1" : "maxcpus=1";
  }
  if (!has(kCoreHeaderOption) && image.is_64bit()) {
    line += " " + core_header_option(format::kCoreHeaderBase);
  }
  line += fmt::format(" {}{:0{}}", kBackEntryOption, 0, kBackEntryDigits);  // last: the payload fills it in
  const std::size_t most = std::min<std::size_t>(image.header().cmdline_size, format::kCommandLineBytes - 1);
  if (line.size() > most) {
    return fail(ErrorCode::kLimit, fmt::format("the command line has {} characters", line.size()), "--append",
                fmt::format("this kernel takes {}", most));
  }
  return line;
}

}  // namespace kjump::two_kernels
