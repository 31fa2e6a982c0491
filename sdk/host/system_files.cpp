// SPDX-License-Identifier: MIT
// Files and folders, below the system's root.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "host/system.hpp"

namespace kjump {
namespace {

// Nothing that we read is larger; /proc/kallsyms is the largest, about 15 MiB.
constexpr std::size_t kLargestFile = std::size_t{64} << 20;
// Most of /proc and /sys is a few bytes, and the kernel clears a buffer of the size that we ask for.
constexpr std::size_t kFirstPiece = 512;
constexpr std::size_t kLargestPiece = std::size_t{64} << 10;

// read(2) or pread(2) until `bytes` have come or the file ends.
template <typename Read>
Result<std::string> read_all(const std::string& path, std::size_t bytes, Read read) {
  std::string content;
  std::size_t have = 0;
  std::size_t piece = kFirstPiece;
  while (have < bytes) {
    const std::size_t wanted = std::min(piece, bytes - have);
    content.resize(have + wanted);
    const ssize_t got = read(&content[have], wanted, have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail_errno("cannot read", path);
    }
    have += static_cast<std::size_t>(got);
    if (got == 0) {
      break;
    }
    piece = std::min(2 * piece, kLargestPiece);
  }
  content.resize(have);
  return content;
}

}  // namespace

Result<UniqueFd> System::open(const std::string& path, int flags, mode_t mode) const {
  UniqueFd fd(::open((root_ + path).c_str(), flags | O_CLOEXEC, mode));
  if (!fd) {
    return fail_errno("cannot open", path);
  }
  return fd;
}

Result<std::string> System::read_file(const std::string& path) const {
  KJUMP_TRY(const UniqueFd fd, open(path, O_RDONLY));
  return read_all(path, kLargestFile,
                  [&](char* to, std::size_t bytes, std::size_t) { return ::read(fd.get(), to, bytes); });
}

Result<std::string> System::read_fact(const std::string& path) const {
  if (!facts_) {
    return read_file(path);
  }
  const auto known = facts_->find(path);
  return known != facts_->end() ? known->second : facts_->emplace(path, read_file(path)).first->second;
}

Result<std::string> System::read_at(const std::string& path, std::uint64_t offset, std::size_t bytes) const {
  KJUMP_TRY(const UniqueFd fd, open(path, O_RDONLY));
  KJUMP_TRY(std::string content, read_all(path, bytes, [&](char* to, std::size_t count, std::size_t done) {
              return ::pread(fd.get(), to, count, static_cast<off_t>(offset + done));
            }));
  if (content.size() != bytes) {
    return fail(ErrorCode::kMalformed, "file ends early", path);
  }
  return content;
}

std::string System::read_line(const std::string& path, const std::string& fallback) const {
  auto content = read_file(path);
  if (!content) {
    return fallback;
  }
  while (!content->empty() && content->back() == '\n') {
    content->pop_back();
  }
  return *std::move(content);
}

bool System::exists(const std::string& path) const {
  struct stat status {};
  return ::stat((root_ + path).c_str(), &status) == 0;
}

Result<std::string> System::real_path(const std::string& path) const {
  std::error_code error;
  const std::filesystem::path root = root_.empty() ? "/" : std::filesystem::canonical(root_, error);
  const std::filesystem::path real = error ? root : std::filesystem::canonical(root_ + path, error);
  if (error) {
    return fail(ErrorCode::kSystem, "cannot find", path, {}, error.value());
  }
  return "/" + real.lexically_relative(root).string();
}

Result<void> System::replace_file(const std::string& path, const std::string& content) const {
  const std::string draft = path + ".new";
  KJUMP_TRY(const UniqueFd fd, open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  if (::write(fd.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::rename((root_ + draft).c_str(), (root_ + path).c_str()) != 0) {
    return fail_errno("cannot write", path);
  }
  return {};
}

void System::remove_file(const std::string& path) const {
  ::unlink((root_ + path).c_str());
}

int System::write_line(const std::string& path, const std::string& text) {
  const auto fd = open(path, O_WRONLY);
  if (!fd) {
    return fd.error().system_errno;
  }
  return ::write(fd->get(), text.data(), text.size()) < 0 ? errno : 0;
}

std::vector<std::string> System::list_directory(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root_ + path, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kjump
