// SPDX-License-Identifier: MIT
#include "image/file_io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace kjump::image {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) {
      close(value_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;

  [[nodiscard]] int get() const { return value_; }
  /// Closes and says whether that went well: a full disk may show only here.
  [[nodiscard]] bool close_now() { return close(std::exchange(value_, -1)) == 0; }

 private:
  int value_;
};

/// write(2) until all is out; false with errno.
bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes = bytes.subspan(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::vector<std::byte>> read_file(const std::filesystem::path& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return fail_errno("cannot open the file", path.string());
  }
  std::vector<std::byte> bytes;
  std::vector<std::byte> chunk(std::size_t{1} << 16);
  // Not by the size that stat tells: pipes have none.
  for (;;) {
    const ssize_t got = read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail_errno("cannot read the file", path.string());
    }
    if (got == 0) {
      return bytes;
    }
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
    if (bytes.size() > kMaxFileBytes) {
      return fail(ErrorCode::kLimit, "the file is larger than 64 MiB; no jump image is", path.string(),
                  "is it the right file?");
    }
  }
}

Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) {
    return fail_errno("cannot create the file", path.string());
  }
  if (write_all(file.get(), bytes) && file.close_now()) {
    return {};
  }
  auto failure = fail_errno("cannot write the file", path.string());
  // Half an image must not pass for one. Devices and pipes stay where they are.
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) {
    std::filesystem::remove(path, ignored);
  }
  return failure;
}

}  // namespace kjump::image
