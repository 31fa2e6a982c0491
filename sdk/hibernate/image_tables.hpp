// SPDX-License-Identifier: MIT
/// Which page of memory lies where in an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/image.hpp>
#include <kjump/result.hpp>

#include "hibernate/image_header.hpp"

namespace kjump::hibernate {

enum class PageContent {
  kData,
  kZero,
  kFree,     ///< free or skipped: the image does not say what it held
  kOutside,  ///< of all ranges
};

/// Bitmaps and chunk entries. Pages are numbered through all ranges, data pages through the content.
class ImageTables {
 public:
  /// Believed only when hash and sums are right.
  [[nodiscard]] static Result<ImageTables> read(const ImageBlocks& blocks,
                                                const abi::hibernate::ImageHeader& header);

  [[nodiscard]] PageContent content(std::uint64_t page) const;
  /// Number of a page with data among those with data.
  [[nodiscard]] std::uint64_t data_number(std::uint64_t page) const;
  /// First page with data from this one on; none: no more.
  [[nodiscard]] std::optional<std::uint64_t> next_data(std::uint64_t page) const;

  [[nodiscard]] const std::vector<abi::hibernate::ChunkEntry>& chunks() const { return chunks_; }
  [[nodiscard]] std::uint64_t batches() const { return batch_blocks_.size() - 1; }
  /// Blocks of the content before this batch; for batches(): all of them.
  [[nodiscard]] std::uint64_t batch_block(std::uint64_t batch) const {
    return batch_blocks_[static_cast<std::size_t>(batch)];
  }

 private:
  [[nodiscard]] Result<void> take_bitmaps(const std::vector<std::byte>& bytes,
                                          const abi::hibernate::ImageHeader& header);
  [[nodiscard]] Result<void> take_chunks(const std::vector<std::byte>& bytes,
                                         const abi::hibernate::ImageHeader& header);

  std::uint64_t pages_ = 0;
  std::vector<std::uint64_t> data_;   ///< bitmap
  std::vector<std::uint64_t> zero_;   ///< bitmap
  std::vector<std::uint64_t> ranks_;  ///< data pages before each group of words
  std::vector<abi::hibernate::ChunkEntry> chunks_;
  std::vector<std::uint64_t> batch_blocks_;
};

}  // namespace kjump::hibernate
