// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstring>

#include <kjump/result.hpp>

namespace kjump {

std::string Error::text() const {
  std::string out = what;
  if (!subject.empty()) {
    out += " (" + subject + ")";
  }
  if (system_errno != 0) {
    out += std::string(": ") + std::strerror(system_errno);
  }
  if (!hint.empty()) {
    out += " - " + hint;
  }
  return out;
}

Failure fail_errno(std::string what, std::string subject, std::string hint) {
  return fail(ErrorCode::kSystem, std::move(what), std::move(subject), std::move(hint), errno);
}

}  // namespace kjump
