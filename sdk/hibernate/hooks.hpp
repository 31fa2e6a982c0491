// SPDX-License-Identifier: MIT
/// The administrator's programs around a hibernation: /etc/kjump/hibernate.d, called with "pre" before and
/// "post" after, in the order of their names. Variables: KJUMP_HIBERNATE_STORE, and after
/// KJUMP_HIBERNATE_RESULT, "restored", "continued" or "failed".
#pragma once

#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

inline constexpr const char* kHookDirectory = "/etc/kjump/hibernate.d";

class Hooks {
 public:
  Hooks(System& system, std::string store) : system_(system), store_(std::move(store)) {}

  /// What will be called; names with characters other than run-parts(8) takes, such as "x.dpkg-old", are not.
  [[nodiscard]] std::vector<std::string> list() const;
  /// The first that fails ends it: nothing is saved then, and post() is for the caller to call all the same.
  [[nodiscard]] Result<void> pre();
  /// All of those that pre() has called. Their failures, in words.
  [[nodiscard]] std::vector<std::string> post(const std::string& result);

 private:
  System& system_;
  std::string store_;
  std::vector<std::string> called_;
};

}  // namespace kjump::hibernate
