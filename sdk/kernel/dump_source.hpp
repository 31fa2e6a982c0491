// SPDX-License-Identifier: MIT
/// The bytes of a dump of a kernel's memory: a file, a block device, or (in tests) memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <kjump/result.hpp>

namespace kjump::two_kernels {

class DumpSource {
 public:
  DumpSource() = default;
  DumpSource(const DumpSource&) = delete;
  DumpSource& operator=(const DumpSource&) = delete;
  DumpSource(DumpSource&&) = delete;
  DumpSource& operator=(DumpSource&&) = delete;
  virtual ~DumpSource() = default;

  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// All of `to`; an error when the source ends before.
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> to) const;

 protected:
  /// Of what is within bytes().
  [[nodiscard]] virtual Result<void> read_within(std::uint64_t offset, std::span<std::byte> to) const = 0;
};

/// A regular file or a block device, of which `bytes` from `offset` on are the dump; 0: all that follows.
[[nodiscard]] Result<std::unique_ptr<DumpSource>> open_dump_source(const std::string& path,
                                                                   std::uint64_t offset = 0,
                                                                   std::uint64_t bytes = 0);

/// The caller keeps the bytes.
[[nodiscard]] std::unique_ptr<DumpSource> memory_dump_source(std::span<const std::byte> content,
                                                             std::string name);

}  // namespace kjump::two_kernels
