// SPDX-License-Identifier: MIT
/// Memory of this process that has physical addresses a payload can be told: it stays where it is.
///
/// mlock() is not enough: the kernel's compaction moves such pages while kexec jump's device suspend runs
/// (kexec_jump.md 5). Single pages are pinned (page_pin.hpp); huge pages are not moved in practice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/bulk.hpp>
#include <kjump/result.hpp>

#include "host/huge_pages.hpp"
#include "host/page_pin.hpp"
#include "host/system.hpp"

namespace kjump {

class PinnedMemory {
 public:
  /// Zeroed, at least `bytes` long. Needs CAP_SYS_ADMIN to learn physical addresses.
  [[nodiscard]] static Result<PinnedMemory> allocate(const System& system, std::size_t bytes);
  /// Whole pages of 2 MiB, none below 16 MiB, where old firmware and ISA DMA have their business. Takes them
  /// from the kernel's pool of huge pages, which grows for as long as this object lives.
  [[nodiscard]] static Result<PinnedMemory> allocate_large(System& system, std::size_t bytes);
  PinnedMemory(PinnedMemory&& other) noexcept;
  PinnedMemory& operator=(PinnedMemory&&) = delete;
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  ~PinnedMemory();  ///< cleared before it goes back to the kernel

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  /// Physical address of each page, in order.
  [[nodiscard]] const std::vector<std::uint64_t>& pages() const { return pages_; }
  /// "io_uring" or "pipes"; "huge pages" of those.
  [[nodiscard]] std::string means() const { return pin_.means().empty() ? "huge pages" : pin_.means(); }

 private:
  explicit PinnedMemory(std::span<std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] Result<void> find_pages(const System& system);

  std::span<std::byte> bytes_;
  PagePin pin_;
  std::vector<std::uint64_t> pages_;
  std::vector<HugePages> pools_;  ///< go after the memory itself does
};

/// What /proc/self/pagemap says of one page: its physical address. Empty when the page is not there or its
/// number is hidden (Documentation/admin-guide/mm/pagemap.rst).
[[nodiscard]] std::optional<std::uint64_t> address_in_pagemap(std::uint64_t entry);

}  // namespace kjump
