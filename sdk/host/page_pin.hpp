// SPDX-License-Identifier: MIT
/// Keeps pages of this process where they are in physical memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/unique_fd.hpp"

namespace kjump {

/// Holds one more reference to each page for as long as it lives. The kernel moves no page that somebody
/// else refers to, too (mm/migrate.c: folio_migrate_mapping), for whatever reason it would.
class PagePin {
 public:
  PagePin() = default;  ///< holds nothing
  /// `pages`: present, writable, whole pages. As a buffer registered with io_uring, which is made for that
  /// (Linux 5.1; distributions have it, sysctl kernel.io_uring_disabled may forbid it); else in pipes, by
  /// vmsplice(2), which every kernel has.
  [[nodiscard]] static Result<PagePin> take(std::span<std::byte> pages);

  /// "io_uring" or "pipes".
  [[nodiscard]] const std::string& means() const { return means_; }

 private:
  PagePin(std::vector<UniqueFd> holders, std::string means)
      : holders_(std::move(holders)), means_(std::move(means)) {}

  std::vector<UniqueFd> holders_;
  std::string means_;
};

}  // namespace kjump
