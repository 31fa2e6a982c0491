// SPDX-License-Identifier: MIT
/// Writer of cpio archives in the "newc" format, the one that Linux unpacks as its initramfs.
///
/// Format: Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's sources.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::targets {

class CpioWriter {
 public:
  /// Paths are absolute ("/bin/sh"); parents that are missing are made as directories with mode 0755.
  /// Errors: a path that is relative or contains "..", one that was added before, content over 4 GiB.
  [[nodiscard]] Result<void> add_file(const std::string& path, std::span<const std::byte> content,
                                      std::uint32_t permissions = 0644);
  [[nodiscard]] Result<void> add_symlink(const std::string& path, const std::string& destination);
  [[nodiscard]] Result<void> add_directory(const std::string& path);
  [[nodiscard]] Result<void> add_character_device(const std::string& path, std::uint32_t major,
                                                  std::uint32_t minor);

  /// The finished archive.
  [[nodiscard]] std::vector<std::byte> finish() &&;

 private:
  struct Entry {
    std::uint32_t mode = 0;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
  };
  [[nodiscard]] Result<void> add(const std::string& path, const Entry& entry,
                                 std::span<const std::byte> content);
  void append(const std::string& name, const Entry& entry, std::span<const std::byte> content);
  void pad();

  std::vector<std::byte> archive_;
  std::set<std::string> names_;
  std::uint32_t inode_ = 0;
};

}  // namespace kjump::targets
