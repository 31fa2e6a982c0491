// SPDX-License-Identifier: MIT
/// Child processes without a shell, and the temporary directory that one works in.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::linking {

/// A directory of our own, removed with all that is in it.
class TemporaryDirectory {
 public:
  [[nodiscard]] static Result<TemporaryDirectory> make();
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// The program of that name in a directory of $PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

struct ProcessEnd {
  int status = 0;      ///< exit status; 128 + signal when a signal ended it, as shells say
  std::string output;  ///< stdout and stderr, in the order in which they came
};

/// Runs arguments[0] to its end. An error means that it could not be run at all.
[[nodiscard]] Result<ProcessEnd> run_process(const std::vector<std::string>& arguments);

}  // namespace kjump::linking
