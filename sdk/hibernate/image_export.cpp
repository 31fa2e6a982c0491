// SPDX-License-Identifier: MIT
#include "hibernate/image_export.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "hibernate/elf_core.hpp"
#include "hibernate/saved_kernel.hpp"
#include "host/unique_fd.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

class CoreFile {
 public:
  CoreFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) {
        continue;
      }
      if (wrote <= 0) {
        return fail_errno("cannot write the core file", path_);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
      offset += static_cast<std::uint64_t>(wrote);
    }
    return {};
  }

  /// Errors of delayed writes come with fsync at the latest.
  [[nodiscard]] Result<void> finish(std::uint64_t file_bytes) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(file_bytes)) != 0 || ::fsync(fd_.get()) != 0) {
      return fail_errno("cannot write the core file", path_);
    }
    return {};
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

/// Follows the pages with data, in the order in which the content has them.
class PageWriter {
 public:
  PageWriter(const ImageReader& image, const CoreHead& head, CoreFile& file)
      : image_(image), head_(head), file_(file), page_(image.tables().next_data(0)) {}

  [[nodiscard]] Result<void> take(std::span<const std::byte> pages) {
    // Pages that follow each other in memory are written at once.
    std::size_t begin = 0;
    while (begin < pages.size()) {
      if (!page_) {
        return fail(ErrorCode::kMalformed, "the image has more content than pages", "image");
      }
      const std::uint64_t offset = offset_of(*page_);
      std::size_t end = begin;
      do {
        end += abi::kPageBytes;
        page_ = image_.tables().next_data(*page_ + 1);
      } while (end < pages.size() && page_ && offset_of(*page_) == offset + (end - begin));
      KJUMP_CHECK(file_.write(offset, pages.subspan(begin, end - begin)));
      begin = end;
    }
    written_ += pages.size();
    return {};
  }

  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  /// Ranges lie in the file one after the other, without gaps, as their pages are numbered.
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t page) const {
    return head_.range_offset.front() + page * abi::kPageBytes;
  }

  const ImageReader& image_;
  const CoreHead& head_;
  CoreFile& file_;
  std::optional<std::uint64_t> page_;
  std::uint64_t written_ = 0;
};

Result<std::uint64_t> write_core(ImageReader& image, const CoreHead& head, CoreFile& file,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& after_batch) {
  KJUMP_CHECK(file.write(0, head.bytes));
  PageWriter writer(image, head, file);
  const std::uint64_t batches = image.tables().batches();
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    KJUMP_CHECK(image.read_batch(
        batch, [&](std::uint64_t, std::span<const std::byte> pages) { return writer.take(pages); }));
    after_batch(batch + 1, batches);
  }
  KJUMP_CHECK(file.finish(head.file_bytes));
  return writer.written();
}

}  // namespace

Result<Exported> export_core(ImageReader& image, const std::string& path,
                             const std::function<void(std::uint64_t, std::uint64_t)>& after_batch) {
  KJUMP_TRY(SavedKernel kernel, find_saved_kernel(image));
  const CoreHead head = make_core_head(image.header(), kernel);
  // It holds all that the machine had in memory.
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) {
    return fail_errno("cannot create the core file", path, errno == EEXIST ? "remove it first" : "");
  }
  CoreFile file(std::move(fd), path);
  const Result<std::uint64_t> written = write_core(image, head, file, after_batch);
  if (!written) {
    ::unlink(path.c_str());
    return Failure(written.error());
  }
  return Exported{head.file_bytes, *written, kernel.page_offset, std::move(kernel.vmcoreinfo)};
}

}  // namespace kjump::hibernate
