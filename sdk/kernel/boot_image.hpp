// SPDX-License-Identifier: MIT
/// A Linux kernel in a file, as boot loaders see it: setup header, protected-mode part, release.
#pragma once

#include <asm/bootparam.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::two_kernels {

class BootImage {
 public:
  /// Reads a bzImage of boot protocol 2.12 or later that is relocatable; errors name the path.
  [[nodiscard]] static Result<BootImage> open(const std::string& path);
  [[nodiscard]] static Result<BootImage> parse(std::vector<std::byte> bytes, const std::string& origin);

  [[nodiscard]] const setup_header& header() const { return header_; }
  /// What is loaded, first byte at the load address.
  [[nodiscard]] std::span<const std::byte> protected_part() const {
    return std::span(bytes_).subspan(protected_offset_, protected_bytes_);
  }
  [[nodiscard]] bool is_64bit() const { return (header_.xloadflags & XLF_KERNEL_64) != 0; }
  [[nodiscard]] bool may_lie_above_4gib() const {
    return (header_.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) != 0;
  }
  /// As uname -r says it; empty when the file does not tell.
  [[nodiscard]] const std::string& release() const { return release_; }

 private:
  std::vector<std::byte> bytes_;
  setup_header header_{};
  std::size_t protected_offset_ = 0;
  std::size_t protected_bytes_ = 0;
  std::string release_;
};

}  // namespace kjump::two_kernels
