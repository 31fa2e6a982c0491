// SPDX-License-Identifier: MIT
#include "hibernate/hooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace kjump::hibernate {
namespace {

bool is_hook_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_' || letter == '-';
  });
}

std::string hook_path(const std::string& name) {
  return std::string(kHookDirectory) + "/" + name;
}

}  // namespace

std::vector<std::string> Hooks::list() const {
  std::vector<std::string> names = system_.list_directory(kHookDirectory);
  names.erase(
      std::remove_if(names.begin(), names.end(), [](const std::string& name) { return !is_hook_name(name); }),
      names.end());
  return names;
}

Result<void> Hooks::pre() {
  for (const std::string& name : list()) {
    called_.push_back(name);
    KJUMP_TRY(const int status,
              system_.run_program(hook_path(name), {"pre"},
                                  {"KJUMP_HIBERNATE_STORE=" + store_, "KJUMP_HIBERNATE_PHASE=pre"}));
    if (status != 0) {
      return fail(ErrorCode::kForbidden,
                  fmt::format("the hook ended with status {}: nothing is saved", status), hook_path(name),
                  "see what it said, or remove it");
    }
  }
  return {};
}

std::vector<std::string> Hooks::post(const std::string& result) {
  std::vector<std::string> failures;
  for (const std::string& name : called_) {
    const auto status = system_.run_program(hook_path(name), {"post"},
                                            {"KJUMP_HIBERNATE_STORE=" + store_, "KJUMP_HIBERNATE_PHASE=post",
                                             "KJUMP_HIBERNATE_RESULT=" + result});
    if (!status) {
      failures.push_back(status.error().text());
    } else if (*status != 0) {
      failures.push_back(fmt::format("{} post ended with status {}", hook_path(name), *status));
    }
  }
  called_.clear();
  return failures;
}

}  // namespace kjump::hibernate
