// SPDX-License-Identifier: MIT
/// More huge pages in the kernel's pool, for as long as this object lives
/// (Documentation/admin-guide/mm/hugetlbpage.rst).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

class HugePages {
 public:
  static constexpr std::size_t kBytes = std::size_t{2} << 20;

  /// `system` must outlive the object. An error means that the pool is as it was.
  [[nodiscard]] static Result<HugePages> add(System& system, std::uint64_t pages);
  HugePages(HugePages&& other) noexcept : system_(other.system_), added_(std::exchange(other.added_, 0)) {}
  HugePages& operator=(HugePages&&) = delete;
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;
  ~HugePages();

  /// They stay in the pool when the object goes; give_back() takes them out again.
  [[nodiscard]] std::uint64_t keep() { return std::exchange(added_, 0); }
  static void give_back(System& system, std::uint64_t pages);

 private:
  HugePages(System& system, std::uint64_t added) : system_(&system), added_(added) {}

  System* system_;
  std::uint64_t added_;
};

}  // namespace kjump
