// SPDX-License-Identifier: MIT
/// Memory of the payload's own for a save or a restore: whole 2 MiB pages that are scattered over physical
/// memory and that nobody misses. Page 0 holds state, then come the pages of the tables, the rest are I/O
/// buffers, two in a page.
#pragma once

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/image.hpp>

namespace kjump::hibernate {

namespace format = abi::hibernate;

inline constexpr uint64_t kWorkspacePage = uint64_t{2} << 20;
inline constexpr uint32_t kBuffersPerPage = kWorkspacePage / format::kBatchBytes;
inline constexpr uint32_t kMostBuffers = 16;
inline constexpr uint32_t kFewestBuffers = 4;

class Workspace {
 public:
  /// Takes a page; false: it is no whole 2 MiB page, or there are enough.
  bool add(uint64_t address, uint64_t bytes);
  /// Sets tables of so many bytes apart from the buffers; false: too few pages.
  bool divide(uint64_t table_bytes);

  [[nodiscard]] uint32_t pages() const { return count_; }
  [[nodiscard]] uint64_t page(uint32_t index) const { return pages_[index]; }
  [[nodiscard]] bool holds(uint64_t address) const;

  [[nodiscard]] uint8_t* state() const;
  /// Byte `offset` of the tables. Contiguous up to the next multiple of kWorkspacePage.
  [[nodiscard]] uint8_t* table(uint64_t offset) const;
  [[nodiscard]] uint32_t buffers() const { return buffers_; }
  [[nodiscard]] uint64_t buffer(uint32_t index) const;

  /// Are so many pages enough for what this one is divided into?
  [[nodiscard]] bool fits(uint32_t count) const;
  /// Goes over to other pages that fit, content of state and tables included; both sets may overlap.
  void move_to(const uint64_t* pages, uint32_t count);

 private:
  uint64_t pages_[format::kMostWorkspacePages] = {};
  uint32_t count_ = 0;
  uint32_t table_pages_ = 0;
  uint32_t buffers_ = 0;
};

}  // namespace kjump::hibernate
