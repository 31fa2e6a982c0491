// SPDX-License-Identifier: MIT
#include "host/loaded_image.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <utility>

#include <kjump/abi/layout.hpp>

#include "host/kernel_memory.hpp"
#include "host/kernel_version.hpp"

namespace kjump {
namespace {

// include/linux/kexec.h
enum : std::uint64_t { kDestination = 1, kIndirection = 2, kDone = 4, kSource = 8 };
constexpr std::uint64_t kEntryFlags = abi::kPageBytes - 1;
constexpr const char* kMapSubject = "struct kimage";
// 64 GiB; an image of ours lies below 4 GiB.
constexpr std::uint64_t kMostPages = std::uint64_t{1} << 24;

Failure broken_map(const std::string& what) {
  return fail(ErrorCode::kMalformed, "the list of the image's pages is broken: " + what, kMapSubject,
              "the kernel may keep it in another way than those that kjump knows");
}

std::uint64_t word_at(const std::string& bytes, std::size_t offset, std::size_t word_bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset, word_bytes);
  return word;
}

class PageMapWalk {
 public:
  /// One entry. False when it was the last.
  Result<bool> take(std::uint64_t entry) {
    const std::uint64_t page = entry & ~kEntryFlags;
    switch (entry & kEntryFlags) {
      case kDestination:
        destination_ = page;
        return true;
      case kSource:
        if (++pages_ > kMostPages) {
          return broken_map("it has no end");
        }
        add(page);
        return true;
      case kIndirection:
        next_ = page;
        return true;
      case kDone:
        return false;
      default:
        return broken_map(fmt::format("entry {:#x}", entry));
    }
  }
  /// The page that the last entry pointed to, if it was one of that kind.
  std::optional<std::uint64_t> next_page() { return std::exchange(next_, std::nullopt); }
  [[nodiscard]] bool points_on() const { return next_.has_value(); }
  [[nodiscard]] std::uint64_t pages() const { return pages_; }
  std::vector<DisplacedRun> runs() { return std::move(runs_); }

 private:
  void add(std::uint64_t source) {
    if (!runs_.empty() && runs_.back().end() == destination_ &&
        runs_.back().source + runs_.back().bytes == source) {
      runs_.back().bytes += abi::kPageBytes;
    } else {
      runs_.push_back({destination_, abi::kPageBytes, source});
    }
    destination_ += abi::kPageBytes;
  }

  std::uint64_t destination_ = 0;
  std::uint64_t pages_ = 0;
  std::optional<std::uint64_t> next_;
  std::vector<DisplacedRun> runs_;
};

Result<std::uint64_t> kernel_word(const System& system, std::uint64_t address, std::size_t word_bytes) {
  KJUMP_TRY(const std::string bytes, read_kernel_memory(system, address, word_bytes));
  if (bytes.size() != word_bytes) {
    return fail(ErrorCode::kSystem, "cannot read the kernel's memory", fmt::format("{:#x}", address));
  }
  return word_at(bytes, 0, word_bytes);
}

}  // namespace

Result<std::vector<DisplacedRun>> walk_page_map(std::uint64_t head, std::size_t word_bytes,
                                                const ReadPage& read_page) {
  PageMapWalk walk;
  KJUMP_TRY(bool more, walk.take(head));
  while (more) {
    const auto page = walk.next_page();
    if (!page) {
      return broken_map("it does not say where it goes on");
    }
    const std::uint64_t before = walk.pages();
    KJUMP_TRY(const std::string entries, read_page(*page));
    if (entries.size() < abi::kPageBytes) {
      return broken_map(fmt::format("its page at {:#x} cannot be read", *page));
    }
    for (std::size_t at = 0; more && at < abi::kPageBytes; at += word_bytes) {
      KJUMP_TRY(more, walk.take(word_at(entries, at, word_bytes)));
      if (walk.points_on()) {
        break;
      }
    }
    if (more && walk.pages() == before) {  // the kernel fills a page before it takes another one
      return broken_map("it runs in a circle");
    }
  }
  return walk.runs();
}

Result<LoadedImage> read_loaded_image(const System& system) {
  static constexpr const char* kSymbol = "kexec_image";
  KJUMP_TRY(const Kernel kernel, identify_kernel(system));
  const std::size_t word_bytes = kernel.is_i386() ? 4 : 8;
  KJUMP_TRY(const auto symbols, kernel_symbols(system, {kSymbol}));
  KJUMP_TRY(const std::uint64_t image, kernel_word(system, symbols.at(kSymbol), word_bytes));
  if (image == 0) {
    return fail(ErrorCode::kInvalid, "no image is loaded", kSymbol);
  }
  LoadedImage loaded;
  KJUMP_TRY(loaded.head,
            kernel_word(system, image, word_bytes));  // the first member, ever since there is kexec
  KJUMP_TRY(loaded.runs, walk_page_map(loaded.head, word_bytes, [&](std::uint64_t page) {
              return read_physical_memory(system, page, abi::kPageBytes);
            }));
  return loaded;
}

Result<bool> image_contains(const System& system, const LoadedImage& image, std::uint64_t start,
                            std::uint64_t end, std::uint64_t number) {
  std::optional<Error> unread;
  for (const DisplacedRun& run : image.runs) {
    for (std::uint64_t at = 0; at < run.bytes; at += abi::kPageBytes) {
      if (run.address + at < start || run.address + at >= end) {
        continue;
      }
      const auto page = read_physical_memory(system, run.source + at, abi::kPageBytes);
      if (!page) {
        unread = page.error();
        continue;
      }
      for (std::size_t i = 0; i + sizeof number <= page->size(); i += sizeof number) {
        if (word_at(*page, i, sizeof number) == number) {
          return true;
        }
      }
    }
  }
  if (unread) {
    return Failure(*std::move(unread));
  }
  return false;
}

}  // namespace kjump
