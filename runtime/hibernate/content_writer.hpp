// SPDX-License-Identifier: MIT
/// Pages to the disk: read, compressed and written at the same time.
#pragma once

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/times.hpp>

#include "hibernate/page_map.hpp"
#include "hibernate/store.hpp"

namespace kjump::hibernate {

struct Written {
  uint64_t data_pages = 0;
  uint64_t zero_pages = 0;
  uint64_t chunks = 0;
  uint64_t blocks = 0;        ///< of content
  uint64_t stored_bytes = 0;  ///< of chunks, without what rounds batches up
  format::Work ticks{};       ///< in ticks of the time stamp counter
};

enum class Compression : uint8_t { kNothing, kWhileDiskIsBusy, kAll };

/// Blocks of the image that its content may have. Up to `large_end` nothing need be compressed.
struct ContentRoom {
  uint64_t begin;
  uint64_t end;
  uint64_t large_end;
};

class ContentWriter {
 public:
  ContentWriter(Store& store, const Workspace& workspace, PageMap& map, uint64_t first_block,
                const ContentRoom& room, Compression compression);

  /// Writes all pages marked as data; those that turn out to be zero are marked so instead.
  [[nodiscard]] Failure write(Written& written);

 private:
  struct Batch {
    uint8_t* memory;
    uint64_t used;
  };

  [[nodiscard]] bool compresses_now() const;
  [[nodiscard]] uint32_t gather(uint64_t& index);
  void add_chunk(Batch& batch, uint32_t pages, bool compressed);
  [[nodiscard]] const uint8_t* source(uint32_t pages) const;
  [[nodiscard]] Failure send(Batch& batch, Buffer& buffer);
  [[nodiscard]] Failure wait(Buffer& buffer);

  Store& store_;
  const Workspace& workspace_;
  PageMap& map_;
  uint64_t first_block_;
  uint64_t next_;  ///< block of the image
  uint64_t end_;
  uint64_t large_end_;
  uint64_t pages_left_;  ///< at most
  Compression compression_;
  Written written_;
  uint64_t chunk_pages_[format::kChunkPages] = {};  ///< addresses of the pages of the chunk at hand
  Buffer buffers_[format::kMostBuffers];
};

}  // namespace kjump::hibernate
