// SPDX-License-Identifier: MIT
/// A directory for one test, and environment variables that last as long as it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace kjump::harness {

/// TMPDIR points into the directory, so that a test sees what the sdk left behind.
class Scratch : public ::testing::Test {
 protected:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kjump-harness-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    set("TMPDIR", directory_.string());
  }
  ~Scratch() override {
    for (const auto& [name, value] : saved_) {
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch(Scratch&&) = delete;
  Scratch& operator=(Scratch&&) = delete;

  void set(const std::string& name, const std::string& value) {
    const char* before = std::getenv(name.c_str());
    saved_.emplace(name, before != nullptr ? std::optional<std::string>(before) : std::nullopt);
    ::setenv(name.c_str(), value.c_str(), 1);
  }

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// True when nothing is left in it, i.e. when the sdk has tidied up.
  [[nodiscard]] bool tidy() const { return std::filesystem::is_empty(directory_); }

 private:
  std::filesystem::path directory_;
  std::map<std::string, std::optional<std::string>> saved_;
};

}  // namespace kjump::harness
