// SPDX-License-Identifier: MIT
/// The memory of a virtual machine as a file that outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <kjump/result.hpp>

#include "host/unique_fd.hpp"

namespace kjump::targets {

class GuestMemory {
 public:
  /// An anonymous file: nobody has to remove it, however this program ends.
  [[nodiscard]] static Result<GuestMemory> create(std::uint32_t mebibytes);

  /// For a child process, which opens it as /dev/fd/N.
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// Guest-physical memory below the hole for devices. Errors when it lies outside.
  [[nodiscard]] Result<std::vector<std::byte>> read(std::uint64_t address, std::size_t bytes) const;

  /// Before the machine starts.
  [[nodiscard]] Result<void> write(std::uint64_t address, std::span<const std::byte> bytes) const;

  template <typename Struct>
  [[nodiscard]] Result<Struct> read_struct(std::uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<Struct>);
    Struct value{};
    KJUMP_CHECK(read_into(address, std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }

 private:
  explicit GuestMemory(UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] Result<void> read_into(std::uint64_t address, std::span<std::byte> bytes) const;

  UniqueFd fd_;
};

}  // namespace kjump::targets
