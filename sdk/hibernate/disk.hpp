// SPDX-License-Identifier: MIT
/// A whole disk, read and written past every cache: what the payloads will see, and what they have written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <kjump/result.hpp>

namespace kjump::hibernate {

/// Sectors have 512 bytes, whatever the disk's own. Lengths and places are multiples of the disk's own
/// sector.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  Disk(Disk&&) = delete;
  Disk& operator=(Disk&&) = delete;
  virtual ~Disk() = default;

  [[nodiscard]] virtual Result<void> read(std::uint64_t sector, std::span<std::byte> to) const = 0;
  [[nodiscard]] virtual Result<void> write(std::uint64_t sector, std::span<const std::byte> from) = 0;
  /// Until it lies on the medium.
  [[nodiscard]] virtual Result<void> flush() = 0;
  [[nodiscard]] virtual std::uint64_t sectors() const = 0;
};

enum class Access { kRead, kWrite };

/// A block device (with O_DIRECT) or a regular file (a copy of a disk).
[[nodiscard]] Result<std::unique_ptr<Disk>> open_disk(const std::string& path, Access access);

}  // namespace kjump::hibernate
