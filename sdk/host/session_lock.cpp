// SPDX-License-Identifier: MIT
#include "host/session_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace kjump {
namespace {

constexpr const char* kLockFile = "/run/kjump.lock";

// The process id in the file; empty when its last holder ended well.
std::string holder(const UniqueFd& fd) {
  std::array<char, 16> text{};
  const ssize_t got = ::pread(fd.get(), text.data(), text.size(), 0);
  std::string pid(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return pid.substr(0, pid.find_first_not_of("0123456789"));
}

}  // namespace

Result<SessionLock> SessionLock::take(const System& system) {
  KJUMP_TRY(UniqueFd fd, system.open(kLockFile, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  const int locked = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  const int error = locked == 0 ? 0 : errno;
  const std::string pid = holder(fd);
  if (error == EWOULDBLOCK) {
    return fail(ErrorCode::kBusy,
                "the exchange is already in use by process " + (pid.empty() ? "(unknown)" : pid), kLockFile,
                "wait until that kjump has ended");
  }
  if (error != 0) {
    return fail(ErrorCode::kSystem, "cannot lock", kLockFile, {}, error);
  }
  const std::string ours = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), ours.data(), ours.size(), 0) < 0) {
    return fail_errno("cannot write", kLockFile);
  }
  return SessionLock(std::move(fd), pid);
}

SessionLock::~SessionLock() {
  if (fd_) {
    // Emptied, not removed: another process may have it open already and wait for the lock.
    static_cast<void>(::ftruncate(fd_.get(), 0) == 0);
  }
}

}  // namespace kjump
