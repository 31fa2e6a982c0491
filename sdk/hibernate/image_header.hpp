// SPDX-License-Identifier: MIT
/// The header of an image, and the image's blocks in the ring (abi/hibernate/image.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

namespace kjump::hibernate {

/// Reads whole blocks of a store, or fails.
using ReadBlocks = std::function<Result<void>(std::uint64_t first_block, std::span<std::byte> to)>;

/// An image's blocks by their number in the image: they go round in the store.
class ImageBlocks {
 public:
  ImageBlocks(ReadBlocks read, const abi::hibernate::StoreHeader& store,
              const abi::hibernate::CommitRecord& commit)
      : read_(std::move(read)),
        first_(commit.first_block),
        blocks_(commit.blocks),
        store_blocks_(store.blocks) {}

  /// Whole blocks; those behind the image's end are an error.
  [[nodiscard]] Result<void> read(std::uint64_t index, std::span<std::byte> to) const;

 private:
  ReadBlocks read_;
  std::uint64_t first_;
  std::uint64_t blocks_;
  std::uint64_t store_blocks_;
};

/// Believed only when hashes, counts and sums are right: what is returned may be used without further checks.
[[nodiscard]] Result<abi::hibernate::ImageHeader> read_image_header(
    const ImageBlocks& blocks, const abi::hibernate::CommitRecord& commit);

}  // namespace kjump::hibernate
