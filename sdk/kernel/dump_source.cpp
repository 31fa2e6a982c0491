// SPDX-License-Identifier: MIT
#include "kernel/dump_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "host/unique_fd.hpp"

namespace kjump::two_kernels {
namespace {

class DumpInFile final : public DumpSource {
 public:
  DumpInFile(UniqueFd fd, std::string path, std::uint64_t offset, std::uint64_t bytes)
      : fd_(std::move(fd)), path_(std::move(path)), offset_(offset), bytes_(bytes) {}

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  [[nodiscard]] const std::string& name() const override { return path_; }

 protected:
  [[nodiscard]] Result<void> read_within(std::uint64_t offset, std::span<std::byte> to) const override {
    for (std::size_t done = 0; done < to.size();) {
      const ssize_t got =
          ::pread(fd_.get(), to.data() + done, to.size() - done, static_cast<off_t>(offset_ + offset + done));
      if (got < 0) {
        return fail_errno("cannot read the dump", fmt::format("{} at {:#x}", path_, offset_ + offset + done));
      }
      if (got == 0) {
        return fail(ErrorCode::kMalformed, "the dump ends early", path_);
      }
      done += static_cast<std::size_t>(got);
    }
    return {};
  }

 private:
  UniqueFd fd_;
  std::string path_;
  std::uint64_t offset_;
  std::uint64_t bytes_;
};

class DumpInMemory final : public DumpSource {
 public:
  DumpInMemory(std::span<const std::byte> content, std::string name)
      : content_(content), name_(std::move(name)) {}

  [[nodiscard]] std::uint64_t bytes() const override { return content_.size(); }
  [[nodiscard]] const std::string& name() const override { return name_; }

 protected:
  [[nodiscard]] Result<void> read_within(std::uint64_t offset, std::span<std::byte> to) const override {
    const auto part = content_.subspan(static_cast<std::size_t>(offset), to.size());
    std::copy(part.begin(), part.end(), to.begin());
    return {};
  }

 private:
  std::span<const std::byte> content_;
  std::string name_;
};

}  // namespace

Result<void> DumpSource::read(std::uint64_t offset, std::span<std::byte> to) const {
  if (offset > bytes() || to.size() > bytes() - offset) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the dump is cut off: it goes on at {:#x}, and ends at {:#x}", offset, bytes()),
                name(), "copy it again, to a disk with room enough");
  }
  return read_within(offset, to);
}

Result<std::unique_ptr<DumpSource>> open_dump_source(const std::string& path, std::uint64_t offset,
                                                     std::uint64_t bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return fail_errno("cannot open the dump", path);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))) {
    return fail(ErrorCode::kInvalid, "neither a file nor a block device", path);
  }
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) {
    return fail_errno("cannot tell the size of the dump", path);
  }
  const auto all = static_cast<std::uint64_t>(end);
  if (offset > all || bytes > all - offset) {
    return fail(ErrorCode::kMalformed, "the dump lies beyond the end", path);
  }
  const std::uint64_t length = bytes != 0 ? bytes : all - offset;
  return std::make_unique<DumpInFile>(std::move(fd), path, offset, length);
}

std::unique_ptr<DumpSource> memory_dump_source(std::span<const std::byte> content, std::string name) {
  return std::make_unique<DumpInMemory>(content, std::move(name));
}

}  // namespace kjump::two_kernels
