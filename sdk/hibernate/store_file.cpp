// SPDX-License-Identifier: MIT
#include "hibernate/store_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "hibernate/block_device.hpp"
#include "hibernate/file_map.hpp"

namespace kjump::hibernate {
namespace {

/// On file systems that cannot allocate without writing, such as ext3's.
Result<void> write_zeros(int fd, const std::string& path, std::uint64_t bytes) {
  const std::vector<char> zeros(std::size_t{1} << 20);
  while (bytes != 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, zeros.size()));
    const ssize_t wrote = ::write(fd, zeros.data(), piece);
    if (wrote < 0 && errno != EINTR) {
      return fail_errno("cannot write the file", path);
    }
    bytes -= static_cast<std::uint64_t>(std::max<ssize_t>(wrote, 0));
  }
  return {};
}

Result<void> allocate(int fd, const std::string& path, std::uint64_t bytes) {
  if (::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0) {
    return {};
  }
  if (errno == EOPNOTSUPP) {
    return write_zeros(fd, path, bytes);
  }
  return fail_errno("cannot allocate the file", path,
                    errno == ENOSPC ? "free some space, or name a smaller --size" : "");
}

/// The file and its name.
Result<void> sync_file(const System& system, int fd, const std::string& path) {
  const std::string parent = std::filesystem::absolute(path).parent_path().string();
  KJUMP_TRY(const UniqueFd directory, system.open(parent, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd) != 0 || ::fsync(directory.get()) != 0) {
    return fail_errno("cannot bring the file to the disk", path);
  }
  return {};
}

Result<void> fill_file(const System& system, int fd, const std::string& path, std::uint64_t bytes) {
  KJUMP_CHECK(check_file_system(fd, path));
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return fail_errno("cannot ask for the file's device", path);
  }
  KJUMP_CHECK(find_block_device(system, status.st_dev).map([](const BlockDevice&) {}));
  KJUMP_CHECK(allocate(fd, path, bytes));
  return sync_file(system, fd, path);
}

}  // namespace

Result<void> create_store_file(const System& system, const std::string& path, std::uint64_t bytes) {
  KJUMP_TRY(const UniqueFd fd, system.open(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  Result<void> filled = fill_file(system, fd.get(), path, bytes);
  if (!filled) {
    ::unlink(path.c_str());
  }
  return filled;
}

Result<void> pin_file(const System& system, const std::string& path) {
  KJUMP_TRY(const UniqueFd fd, system.open(path, O_RDONLY));
  int flags = 0;
  if (::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0) {
    return fail_errno("cannot read the file's attributes", path);
  }
  flags |= FS_IMMUTABLE_FL;
  if (::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) != 0) {
    return fail_errno("cannot make the file immutable", path, "run it as root");
  }
  return {};
}

}  // namespace kjump::hibernate
