// SPDX-License-Identifier: MIT
#include "hibernate/device_users.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <sstream>

namespace kjump::hibernate {
namespace {

std::string numbers(dev_t device) {
  return fmt::format("{}:{}", major(device), minor(device));
}

/// Fields of a line of /proc/self/mountinfo: number, parent, major:minor, root, mount point, ...
std::string mount_of(const System& system, const std::string& wanted) {
  std::istringstream mounts(system.read_line("/proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string number, parent, device, root, point;
    if (fields >> number >> parent >> device >> root >> point && device == wanted) {
      return point;
    }
  }
  return {};
}

/// Calls match(status of the swap device or file) for each, until one does.
template <typename Match>
bool any_swap(const System& system, Match match) {
  std::istringstream swaps(system.read_line("/proc/swaps"));
  std::string line;
  std::getline(swaps, line);  // the heading
  while (std::getline(swaps, line)) {
    struct stat status {};
    if (::stat(line.substr(0, line.find(' ')).c_str(), &status) == 0 && match(status)) {
      return true;
    }
  }
  return false;
}

bool is_swap(const System& system, dev_t device) {
  return any_swap(system, [device](const struct stat& status) {
    return S_ISBLK(status.st_mode) && status.st_rdev == device;
  });
}

std::string user_of(const System& system, dev_t device) {
  if (const std::string point = mount_of(system, numbers(device)); !point.empty()) {
    return "it is mounted on " + point;
  }
  if (is_swap(system, device)) {
    return "it is swap";
  }
  const auto holders = system.list_directory(fmt::format("/sys/dev/block/{}/holders", numbers(device)));
  return holders.empty() ? "" : holders.front() + " lies on it";
}

}  // namespace

std::string device_user(const System& system, dev_t device) {
  if (std::string user = user_of(system, device); !user.empty()) {
    return user;
  }
  const std::string directory = "/sys/dev/block/" + numbers(device);
  for (const std::string& entry : system.list_directory(directory)) {
    const std::string part = fmt::format("{}/{}", directory, entry);
    if (!system.exists(part + "/partition")) {
      continue;
    }
    std::istringstream text(system.read_line(part + "/dev"));
    unsigned major_number = 0;
    unsigned minor_number = 0;
    char colon = 0;
    if (text >> major_number >> colon >> minor_number) {
      if (std::string user = user_of(system, makedev(major_number, minor_number)); !user.empty()) {
        return fmt::format("of its partition {}, {}", entry, user);
      }
    }
  }
  return {};
}

bool is_swap_file(const System& system, const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 && any_swap(system, [&file](const struct stat& status) {
           return status.st_dev == file.st_dev && status.st_ino == file.st_ino;
         });
}

Result<UniqueFd> claim_device(const System& system, const std::string& path, dev_t device) {
  std::string user = device_user(system, device);
  if (user.empty()) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    if (fd) {
      return fd;
    }
    if (errno != EBUSY) {
      return fail_errno("cannot open the device", path);
    }
    user = "somebody has it";
  }
  return fail(ErrorCode::kBusy, "the device is in use: " + user, path, "use one that nobody else uses");
}

}  // namespace kjump::hibernate
