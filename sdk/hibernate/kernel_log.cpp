// SPDX-License-Identifier: MIT
#include "hibernate/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>

namespace kjump::hibernate {
namespace {

constexpr std::size_t kLargestRecord = 8192;  // more than the kernel writes (CONSOLE_EXT_LOG_MAX)
constexpr std::size_t kMostRecords = 1'000'000;

// "6,339,5140900,-;text", then lines that begin with a blank: about the device (Documentation/ABI/testing/
// dev-kmsg).
void add_messages(const std::string& records, std::vector<std::string>& to) {
  std::istringstream lines(records);
  for (std::string line; std::getline(lines, line);) {
    const auto semicolon = line.find(';');
    if (!line.starts_with(' ') && semicolon != std::string::npos) {
      to.push_back(line.substr(semicolon + 1));
    }
  }
}

}  // namespace

std::vector<std::string> kernel_log(const System& system) {
  std::vector<std::string> messages;
  const auto fd = system.open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
  std::array<char, kLargestRecord> record{};
  for (std::size_t i = 0; fd && i < kMostRecords; ++i) {
    const ssize_t got = ::read(fd->get(), record.data(), record.size());  // one record each
    if (got > 0) {
      add_messages(std::string(record.data(), static_cast<std::size_t>(got)), messages);
    } else if (got == 0 || (errno != EPIPE && errno != EINTR)) {  // EPIPE: overwritten while we read
      break;
    }
  }
  return messages;
}

}  // namespace kjump::hibernate
