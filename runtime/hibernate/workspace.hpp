// SPDX-License-Identifier: MIT
/// Memory of the payload's own for a save or a restore, in one piece: state, the tables of the image, I/O
/// buffers (abi/hibernate/workspace.hpp).
#pragma once

#include <kjump/abi/hibernate/workspace.hpp>

namespace kjump::hibernate {

namespace format = abi::hibernate;

class Workspace {
 public:
  /// Takes whole pages, but for those that are too low or one piece too many; false: they are not whole.
  bool add(uint64_t address, uint64_t bytes);
  /// Takes what an image names.
  bool add(const uint64_t* pieces, uint32_t count);
  /// Puts the pieces together, tables of so many bytes apart from the buffers; false: too few pages. What
  /// was in them is lost.
  bool open(uint64_t table_bytes);

  [[nodiscard]] uint32_t pieces() const { return count_; }
  [[nodiscard]] uint64_t piece(uint32_t index) const { return pieces_[index]; }

  [[nodiscard]] uint8_t* state() const;
  /// Byte `offset` of the tables.
  [[nodiscard]] uint8_t* table(uint64_t offset) const;
  [[nodiscard]] uint32_t buffers() const { return buffers_; }
  /// Where they lie for us; physical_run() knows where for a device.
  [[nodiscard]] uint64_t buffer(uint32_t index) const;

 private:
  uint64_t pieces_[format::kMostWorkspacePieces] = {};
  uint32_t count_ = 0;
  uint64_t table_pages_ = 0;
  uint32_t buffers_ = 0;
};

/// Are so many pages enough for an image's tables, and the fewest buffers?
[[nodiscard]] bool suffices(uint64_t pages, uint64_t table_bytes);

}  // namespace kjump::hibernate
