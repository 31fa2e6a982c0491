// SPDX-License-Identifier: MIT
#include "hibernate/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <kjump/abi/hibernate/store.hpp>

#include "host/unique_fd.hpp"

namespace kjump::hibernate {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
// O_DIRECT wants memory aligned to the disk's own sector, which is at most this.
constexpr std::size_t kAlignment = 4096;

struct FreeMemory {
  void operator()(std::byte* memory) const { std::free(memory); }  // NOLINT: aligned_alloc's
};
using AlignedBuffer = std::unique_ptr<std::byte, FreeMemory>;

Failure disk_failure(const char* what, const std::string& path, ssize_t moved) {
  if (moved < 0) {
    return fail_errno(what, path);
  }
  return fail(ErrorCode::kMalformed, std::string(what) + ": it ends early", path);
}

class FileDisk : public Disk {
 public:
  FileDisk(std::string path, UniqueFd fd, std::uint64_t sectors)
      : path_(std::move(path)),
        fd_(std::move(fd)),
        sectors_(sectors),
        buffer_(static_cast<std::byte*>(std::aligned_alloc(kAlignment, kPieceBytes))) {}

  [[nodiscard]] bool has_buffer() const { return buffer_ != nullptr; }

  [[nodiscard]] Result<void> read(std::uint64_t sector, std::span<std::byte> to) const override {
    auto at = static_cast<off_t>(sector * abi::hibernate::kSectorBytes);
    while (!to.empty()) {
      const std::size_t bytes = std::min(to.size(), kPieceBytes);
      const ssize_t got = ::pread(fd_.get(), buffer_.get(), bytes, at);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got != static_cast<ssize_t>(bytes)) {
        return disk_failure("cannot read the disk", path_, got);
      }
      std::memcpy(to.data(), buffer_.get(), bytes);
      to = to.subspan(bytes);
      at += got;
    }
    return {};
  }

  [[nodiscard]] Result<void> write(std::uint64_t sector, std::span<const std::byte> from) override {
    auto at = static_cast<off_t>(sector * abi::hibernate::kSectorBytes);
    while (!from.empty()) {
      const std::size_t bytes = std::min(from.size(), kPieceBytes);
      std::memcpy(buffer_.get(), from.data(), bytes);
      const ssize_t got = ::pwrite(fd_.get(), buffer_.get(), bytes, at);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got != static_cast<ssize_t>(bytes)) {
        return disk_failure("cannot write to the disk", path_, got);
      }
      from = from.subspan(bytes);
      at += got;
    }
    return {};
  }

  [[nodiscard]] Result<void> flush() override {
    if (::fsync(fd_.get()) != 0) {
      return fail_errno("cannot flush the disk's cache", path_);
    }
    return {};
  }

  [[nodiscard]] std::uint64_t sectors() const override { return sectors_; }

 private:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t sectors_;
  AlignedBuffer buffer_;
};

}  // namespace

Result<std::unique_ptr<Disk>> open_disk(const std::string& path, Access access) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return fail_errno("cannot find the disk", path);
  }
  const bool device = S_ISBLK(status.st_mode);
  const int flags = (access == Access::kWrite ? O_RDWR : O_RDONLY) | O_CLOEXEC | (device ? O_DIRECT : 0);
  UniqueFd fd(::open(path.c_str(), flags));
  if (!fd) {
    // Linux 6.8 and later may keep everybody from writing to a disk that is itself mounted.
    const bool kept = access == Access::kWrite && device && (errno == EBUSY || errno == EPERM);
    return fail_errno("cannot open the disk", path,
                      kept ? "boot with bdev_allow_write_mounted=1, or use a partition for the store" : "");
  }
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) {
    return fail_errno("cannot find the end of the disk", path);
  }
  auto disk = std::make_unique<FileDisk>(path, std::move(fd),
                                         static_cast<std::uint64_t>(end) / abi::hibernate::kSectorBytes);
  if (!disk->has_buffer()) {
    return fail(ErrorCode::kLimit, "no memory for a disk buffer", path);
  }
  return disk;
}

}  // namespace kjump::hibernate
