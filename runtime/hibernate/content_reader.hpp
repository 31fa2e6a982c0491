// SPDX-License-Identifier: MIT
/// Pages from the disk: read ahead, verified, and, on the second pass, put where they belong.
#pragma once

#include <kjump/abi/hibernate/times.hpp>
#include "hibernate/page_map.hpp"
#include "hibernate/store.hpp"

namespace kjump::hibernate {

class ContentReader {
 public:
  /// Content begins at block `begin` of the image.
  ContentReader(Store& store, const Workspace& workspace, const PageMap& map, uint64_t first_block,
                uint64_t begin, uint64_t chunks);

  /// Reads all chunks and compares their hashes; changes nothing.
  [[nodiscard]] Failure verify();
  /// The same, and writes the pages to their addresses; zero pages are cleared. After a failure memory is
  /// part this and part that.
  [[nodiscard]] Failure load();
  /// Of all passes, in ticks of the time stamp counter.
  [[nodiscard]] const format::Work& ticks() const { return ticks_; }

 private:
  struct Ahead {
    uint64_t chunk = 0;  ///< first one that is not asked for yet
    uint64_t block = 0;  ///< of the image
  };

  [[nodiscard]] Failure pass(bool load);
  void ask(Buffer& buffer);
  [[nodiscard]] Failure take_batch(const uint8_t* memory, uint64_t& chunk, bool load);
  [[nodiscard]] bool place(const uint8_t* from, uint32_t stored, uint32_t pages);
  void clear_zero_pages();

  Store& store_;
  const Workspace& workspace_;
  const PageMap& map_;
  uint64_t first_block_;
  uint64_t begin_;
  uint64_t chunks_;
  Ahead ahead_;
  uint64_t index_ = 0;  ///< of the next page to be placed
  format::Work ticks_{};
  Buffer buffers_[format::kMostBuffers];
};

}  // namespace kjump::hibernate
