// SPDX-License-Identifier: MIT
#include "targets/qemu/artifacts.hpp"

#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace kjump::targets {

Result<Artifacts> Artifacts::create(const std::filesystem::path& wanted) {
  std::error_code error;
  if (!wanted.empty()) {
    std::filesystem::create_directories(wanted, error);
    if (error) {
      return fail(ErrorCode::kSystem, "cannot make the directory for logs", wanted.string(),
                  "choose another one", error.value());
    }
    // QEMU gets these paths on its command line, which is to be repeatable from anywhere.
    return Artifacts(std::filesystem::absolute(wanted), false);
  }
  const char* temporary = std::getenv("TMPDIR");
  std::string pattern =
      std::string(temporary != nullptr && *temporary != '\0' ? temporary : "/tmp") + "/kjump-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    return fail_errno("cannot make a directory for logs", pattern,
                      "set TMPDIR to a directory that can be written");
  }
  return Artifacts(std::filesystem::absolute(pattern), true);
}

Artifacts::Artifacts(Artifacts&& other) noexcept
    : directory_(std::move(other.directory_)), remove_(std::exchange(other.remove_, false)) {}

Artifacts::~Artifacts() {
  if (remove_) {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
}

}  // namespace kjump::targets
