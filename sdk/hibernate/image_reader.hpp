// SPDX-License-Identifier: MIT
/// The memory that an image holds. One parser for every source of blocks: a store, a copy, a fuzzer's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "hibernate/image_header.hpp"
#include "hibernate/image_tables.hpp"
#include "hibernate/records.hpp"

namespace kjump::hibernate {

class ImageReader {
 public:
  /// Header and tables, checked.
  [[nodiscard]] static Result<ImageReader> open(ReadBlocks read, const abi::hibernate::StoreHeader& store,
                                                const abi::hibernate::CommitRecord& commit);

  [[nodiscard]] const abi::hibernate::ImageHeader& header() const { return header_; }
  [[nodiscard]] const ImageTables& tables() const { return tables_; }

  /// Reads a batch, checks the hash of each chunk, unpacks it and hands its pages out. The error names the
  /// first chunk that is damaged.
  using OnChunk = std::function<Result<void>(std::uint64_t chunk, std::span<const std::byte> pages)>;
  [[nodiscard]] Result<void> read_batch(std::uint64_t batch, const OnChunk& on_chunk);

  /// Memory from a physical address on, within one page. Zero pages and free ones read as zeros; what is in
  /// no range is an error.
  [[nodiscard]] Result<void> read_memory(std::uint64_t physical, std::span<std::byte> to);

  [[nodiscard]] std::optional<std::uint64_t> page_of(std::uint64_t physical) const;
  /// Of a page that exists.
  [[nodiscard]] std::uint64_t address_of(std::uint64_t page) const;

 private:
  ImageReader(ImageBlocks blocks, const abi::hibernate::ImageHeader& header, ImageTables tables);

  [[nodiscard]] Result<void> unpack(std::uint64_t chunk, std::span<const std::byte> stored,
                                    std::vector<std::byte>& to) const;
  [[nodiscard]] Failure damaged_chunk(std::uint64_t chunk, const char* what) const;

  ImageBlocks blocks_;
  abi::hibernate::ImageHeader header_;
  ImageTables tables_;
  std::vector<std::byte> stored_;
  std::vector<std::byte> unpacked_;
  std::optional<std::uint64_t> last_chunk_;  ///< what read_memory() has in last_
  std::vector<std::byte> last_;
};

/// Re-reads everything. Calls after_batch(done, all) on the way.
[[nodiscard]] Result<void> verify_image(ImageReader& image,
                                        const std::function<void(std::uint64_t, std::uint64_t)>& after_batch);

}  // namespace kjump::hibernate
