// SPDX-License-Identifier: MIT
/// Memory for a second kernel that is contiguous and stays where it is: huge pages in a file of hugetlbfs,
/// which no process has to hold. Nothing is reserved at boot, nothing is swapped at a jump, and neither
/// kexec's limit of half the memory nor that of 16 segments applies (two_kernels.md 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

class HugePlace {
 public:
  /// `bytes` in one physical piece, zeroed, not below 16 MiB. Grows the kernel's pool as far as it takes to
  /// find such a piece, and gives back what is not part of it. Released when the object goes, but after
  /// keep(). `system` must outlive it.
  [[nodiscard]] static Result<HugePlace> take(System& system, const std::string& name, std::uint64_t bytes);
  /// Gives back what keep() has kept; nothing happens where there is nothing.
  static void release(System& system, const std::string& name, std::uint64_t pool_pages);

  HugePlace(HugePlace&& other) noexcept;
  HugePlace& operator=(HugePlace&&) = delete;
  HugePlace(const HugePlace&) = delete;
  HugePlace& operator=(const HugePlace&) = delete;
  ~HugePlace();

  [[nodiscard]] MemoryPiece piece() const { return piece_; }
  /// The memory, in the order of its addresses.
  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  /// Pages that the pool was enlarged by: for release().
  [[nodiscard]] std::uint64_t pool_pages() const { return pool_pages_; }
  /// The memory stays taken when the object goes.
  void keep() { kept_ = true; }

 private:
  HugePlace(System& system, std::string name) : system_(&system), name_(std::move(name)) {}

  System* system_;
  std::string name_;
  MemoryPiece piece_;
  std::span<std::byte> bytes_;
  std::uint64_t pool_pages_ = 0;
  bool kept_ = false;
};

}  // namespace kjump::two_kernels
