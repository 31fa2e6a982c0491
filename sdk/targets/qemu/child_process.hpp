// SPDX-License-Identifier: MIT
/// A child process in a process group of its own, which does not survive its owner.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/unique_fd.hpp"

namespace kjump::targets {

struct ProcessSpec {
  std::vector<std::string> arguments;  ///< [0] is searched in PATH
  std::filesystem::path output;        ///< standard output goes here
  std::filesystem::path errors;        ///< and standard error here
  int inherited_fd = -1;               ///< stays open in the child under the same number
};

struct ProcessEnd {
  bool by_signal = false;
  int value = 0;  ///< exit code or signal number
};

class ChildProcess {
 public:
  /// Standard input is /dev/null. A program that cannot be executed is an error here, with its errno.
  [[nodiscard]] static Result<ChildProcess> start(const ProcessSpec& spec);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { kill(); }

  /// How it ended, or nothing when `limit` passed and it still runs.
  [[nodiscard]] Result<std::optional<ProcessEnd>> wait(std::chrono::milliseconds limit);

  /// Kills the whole group and reaps the child; harmless when it has ended.
  void kill();

 private:
  ChildProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_ = 0;  ///< 0: reaped
  UniqueFd pidfd_;
};

}  // namespace kjump::targets
