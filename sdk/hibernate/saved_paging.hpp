// SPDX-License-Identifier: MIT
/// The page tables of a kernel whose memory is in a file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include <kjump/result.hpp>

namespace kjump::hibernate {

struct MappedPage {
  std::uint64_t virtual_address = 0;
  std::uint64_t physical = 0;
};

/// Four or five levels (Intel SDM 3A, 4.5). Every table is read once.
class SavedPaging {
 public:
  /// Memory from a physical address on, within one page.
  using ReadMemory = std::function<Result<void>(std::uint64_t physical, std::span<std::byte> to)>;

  SavedPaging(ReadMemory read, std::uint64_t top, unsigned levels, std::uint64_t encryption_mask)
      : read_(std::move(read)), top_(top), levels_(levels), mask_(encryption_mask) {}

  /// None: not mapped.
  [[nodiscard]] Result<std::optional<std::uint64_t>> translate(std::uint64_t virtual_address);
  /// The lowest page of the upper half, where the kernel is.
  [[nodiscard]] Result<std::optional<MappedPage>> first_kernel_page();

 private:
  static constexpr unsigned kEntries = 512;
  using Table = std::array<std::uint64_t, kEntries>;

  [[nodiscard]] Result<const Table*> table_at(std::uint64_t physical);
  [[nodiscard]] Result<std::optional<MappedPage>> first_page(std::uint64_t table, unsigned level,
                                                             std::uint64_t base);
  [[nodiscard]] std::uint64_t address_in(std::uint64_t entry) const;

  ReadMemory read_;
  std::uint64_t top_;
  unsigned levels_;
  std::uint64_t mask_;
  std::map<std::uint64_t, Table> tables_;
};

}  // namespace kjump::hibernate
