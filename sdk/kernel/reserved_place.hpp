// SPDX-License-Identifier: MIT
/// Memory that was kept back from this kernel at boot: crashkernel=, or memmap=SIZE$ADDRESS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

struct ReservedPiece {
  MemoryPiece piece;
  std::string origin;        ///< "crashkernel=", "memmap="
  bool is_writable = false;  ///< through /dev/mem; STRICT_DEVMEM keeps it from what is System RAM around it
};

/// Such memory, mapped through /dev/mem.
class ReservedMapping {
 public:
  [[nodiscard]] static Result<ReservedMapping> map(const System& system, const MemoryPiece& piece);
  ReservedMapping(ReservedMapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  ReservedMapping& operator=(ReservedMapping&&) = delete;
  ReservedMapping(const ReservedMapping&) = delete;
  ReservedMapping& operator=(const ReservedMapping&) = delete;
  ~ReservedMapping();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit ReservedMapping(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

/// All of at least 2 MiB, in order of address, each cut to whole pages of 2 MiB.
[[nodiscard]] std::vector<ReservedPiece> reserved_pieces(const System& system);

/// `bytes` at the beginning of one below 4 GiB that no kernel in `taken` has.
[[nodiscard]] Result<ReservedPiece> find_reserved(const System& system, std::uint64_t bytes,
                                                  const std::vector<MemoryPiece>& taken);

/// `bytes` at that very address, wherever it is within one.
[[nodiscard]] Result<ReservedPiece> find_reserved_at(const System& system, std::uint64_t bytes,
                                                     std::uint64_t address,
                                                     const std::vector<MemoryPiece>& taken);

}  // namespace kjump::two_kernels
