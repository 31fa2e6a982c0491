// SPDX-License-Identifier: MIT
#include "kernel/dump_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "host/unique_fd.hpp"

namespace kjump::two_kernels {
namespace {

class DumpInFile : public DumpSource {
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
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string path_;
  std::uint64_t offset_;
  std::uint64_t bytes_;
};

/// Part of /proc/vmcore, mapped.
class Window {
 public:
  static constexpr std::uint64_t kBytes = std::uint64_t{4} << 20;

  Window() = default;
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  Window(Window&&) = delete;
  Window& operator=(Window&&) = delete;
  ~Window() { close(); }

  /// Where the byte at this offset of the file is, and how many follow it; none: the kernel does not map it.
  [[nodiscard]] std::span<const std::byte> at(int fd, std::uint64_t offset, std::uint64_t end) {
    if (mapped_.empty() || offset < start_ || offset - start_ >= mapped_.size()) {
      close();
      start_ = offset / kBytes * kBytes;
      const auto length = static_cast<std::size_t>(std::min(kBytes, end - start_));
      void* const memory = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(start_));
      if (memory == MAP_FAILED) {
        return {};
      }
      mapped_ = {static_cast<std::byte*>(memory), length};
    }
    return mapped_.subspan(static_cast<std::size_t>(offset - start_));
  }

 private:
  void close() {
    if (!mapped_.empty()) {
      ::munmap(mapped_.data(), mapped_.size());
      mapped_ = {};
    }
  }

  std::span<std::byte> mapped_;
  std::uint64_t start_ = 0;
};

/// The first kernel's memory as it is. read() makes a mapping of its own of each page and takes it down again
/// (arch/x86/kernel/crash_dump_64.c: copy_oldmem_page), which is most of the time that a dump takes.
class RunningVmcore final : public DumpInFile {
 public:
  RunningVmcore(UniqueFd fd, const std::string& path, std::uint64_t bytes)
      : DumpInFile(std::move(fd), path, 0, bytes) {}

 protected:
  [[nodiscard]] Result<void> read_within(std::uint64_t offset, std::span<std::byte> to) const override {
    while (!to.empty()) {
      const std::span<const std::byte> there = window_.at(descriptor(), offset, bytes());
      if (there.empty()) {
        return DumpInFile::read_within(offset, to);
      }
      const std::size_t part = std::min(there.size(), to.size());
      std::copy_n(there.begin(), part, to.begin());
      to = to.subspan(part);
      offset += part;
    }
    return {};
  }

 private:
  mutable Window window_;
};

bool is_in_procfs(int fd) {
  struct statfs file_system {};
  return ::fstatfs(fd, &file_system) == 0 && file_system.f_type == PROC_SUPER_MAGIC;
}

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
  if (offset == 0 && bytes == 0 && is_in_procfs(fd.get())) {
    return std::make_unique<RunningVmcore>(std::move(fd), path, all);
  }
  const std::uint64_t length = bytes != 0 ? bytes : all - offset;
  return std::make_unique<DumpInFile>(std::move(fd), path, offset, length);
}

std::unique_ptr<DumpSource> memory_dump_source(std::span<const std::byte> content, std::string name) {
  return std::make_unique<DumpInMemory>(content, std::move(name));
}

}  // namespace kjump::two_kernels
