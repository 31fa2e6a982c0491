// SPDX-License-Identifier: MIT
/// A file of hugetlbfs, page by page, with the physical address of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "host/unique_fd.hpp"

namespace kjump::two_kernels {

struct HugePage {
  std::uint64_t index = 0;    ///< in the file
  std::uint64_t address = 0;  ///< physical
};

class HugeFile {
 public:
  /// A new and empty file; the file system is mounted if it is not yet.
  [[nodiscard]] static Result<HugeFile> create(System& system, const std::string& name);
  static void remove(System& system, const std::string& name);

  /// Adds as many pages of the pool as there are free ones, at most `pages`; returns how many there are now.
  [[nodiscard]] std::uint64_t grow_to(std::uint64_t pages);
  /// Where its pages lie.
  [[nodiscard]] Result<std::vector<HugePage>> pages(const System& system) const;
  /// Gives pages back to the pool.
  [[nodiscard]] Result<void> punch(std::span<const HugePage> pages) const;
  /// One mapping of these pages, in this order. The caller unmaps it.
  [[nodiscard]] Result<std::span<std::byte>> map(std::span<const HugePage> pages) const;

 private:
  HugeFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
  std::uint64_t count_ = 0;
};

}  // namespace kjump::two_kernels
