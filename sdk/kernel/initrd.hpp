// SPDX-License-Identifier: MIT
/// An initial RAM disk for a second kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "host/unique_fd.hpp"

namespace kjump::two_kernels {

class Initrd {
 public:
  /// An empty path: there is none.
  [[nodiscard]] static Result<Initrd> open(const System& system, const std::string& path);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// All of it.
  [[nodiscard]] Result<void> read(std::span<std::byte> to) const;

 private:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t bytes_ = 0;
};

}  // namespace kjump::two_kernels
