// SPDX-License-Identifier: MIT
#include "targets/qemu/artifacts.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace kjump::targets {

Result<Artifacts> Artifacts::create(const std::filesystem::path& wanted) {
  std::error_code error;
  if (!wanted.empty()) {
    // QEMU gets these paths on its command line, which is to be repeatable from anywhere.
    const std::filesystem::path directory = (std::filesystem::absolute(wanted) / "").parent_path();
    std::filesystem::create_directories(directory.parent_path(), error);
    if (error || (::mkdir(directory.c_str(), 0700) != 0 && !std::filesystem::is_directory(directory))) {
      return fail(ErrorCode::kSystem, "cannot make the directory for logs", wanted.string(),
                  "choose another one", error ? error.value() : errno);
    }
    return Artifacts(directory, false);
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
    : directory_(std::move(other.directory_)),
      remove_(std::exchange(other.remove_, false)),
      confidential_(std::exchange(other.confidential_, {})) {}

Artifacts::~Artifacts() {
  std::error_code ignored;
  for (const std::filesystem::path& path : confidential_) {
    std::filesystem::remove(path, ignored);
  }
  if (remove_) {
    std::filesystem::remove_all(directory_, ignored);
  }
}

std::filesystem::path Artifacts::confidential(const std::string& name) {
  confidential_.push_back(directory_ / name);
  return confidential_.back();
}

void Artifacts::keep() {
  remove_ = false;
  confidential_.clear();
}

}  // namespace kjump::targets
