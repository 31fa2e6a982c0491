// SPDX-License-Identifier: MIT
#include "hibernate/content_writer.hpp"

#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/payload.hpp>

#include "hibernate/copy_page.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/lz4.hpp"
#include "hibernate/progress.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPage = abi::kPageBytes;

// Layout of the workspace's state while content goes through.
constexpr uint64_t kStaging = 0;
constexpr uint64_t kLz4State = kStaging + format::kChunkBytes;
static_assert(kLz4State + kLz4StateBytes <= format::kWorkStatePages * kPage);

bool is_zero(const void* page) {
  const auto* words = static_cast<const uint64_t*>(page);
  uint64_t all = 0;
  for (uint32_t i = 0; i < kPage / sizeof(uint64_t) && all == 0; i += 8) {
    all = words[i] | words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4] | words[i + 5] | words[i + 6] |
          words[i + 7];
  }
  return all == 0;
}

}  // namespace

ContentWriter::ContentWriter(Store& store, const Workspace& workspace, PageMap& map, uint64_t first_block,
                             const ContentRoom& room, Compression compression)
    : store_(store),
      workspace_(workspace),
      map_(map),
      first_block_(first_block),
      next_(room.begin),
      end_(room.end),
      large_end_(room.large_end),
      pages_left_(map.count_data()),
      compression_(compression) {
  for (uint32_t i = 0; i < workspace.buffers(); ++i) {
    buffers_[i].address = workspace.buffer(i);
  }
  prepare_state(workspace.state() + kLz4State);
}

// The disk and the processor work at the same time. While the disk waits for us, compressing is what it waits
// for; while it is busy, compressing costs nothing and spares it work. So disks that are slower than LZ4 get
// compressed content, faster ones get it as it is, and those in between get some of both.
bool ContentWriter::compresses_now() const {
  if (compression_ != Compression::kWhileDiskIsBusy) {
    return compression_ == Compression::kAll;
  }
  if (large_end_ < next_ || large_end_ - next_ < pages_left_) {
    return true;
  }
  uint32_t busy = 0;
  for (const Buffer& buffer : buffers_) {
    busy += buffer.pending != 0 ? 1 : 0;
  }
  return 2 * busy >= workspace_.buffers();
}

// The next pages of a chunk, into chunk_pages_; how many there are.
uint32_t ContentWriter::gather(uint64_t& index) {
  Stopwatch watch;
  uint32_t count = 0;
  while (count < format::kChunkPages) {
    index = map_.next_data(index);
    if (index == map_.pages()) {
      break;
    }
    const uint64_t address = map_.address_of(index);
    if (is_zero(physical(address))) {
      map_.set_zero(index);
      ++written_.zero_pages;
    } else {
      chunk_pages_[count++] = address;
    }
    ++index;
    --pages_left_;
  }
  watch.lap(written_.ticks.look);
  return count;
}

// Pages that lie together are compressed where they are.
const uint8_t* ContentWriter::source(uint32_t pages) const {
  bool together = true;
  for (uint32_t i = 1; i < pages; ++i) {
    together = together && chunk_pages_[i] == chunk_pages_[0] + i * kPage;
  }
  if (together) {
    return static_cast<const uint8_t*>(physical(chunk_pages_[0]));
  }
  uint8_t* staging = workspace_.state() + kStaging;
  for (uint32_t i = 0; i < pages; ++i) {
    copy_page(staging + i * kPage, physical(chunk_pages_[i]));
  }
  return staging;
}

void ContentWriter::add_chunk(Batch& batch, uint32_t pages, bool compressed) {
  const size_t bytes = pages * kPage;
  Stopwatch watch;
  const uint8_t* from = source(pages);
  uint8_t* to = batch.memory + batch.used;
  size_t stored = compressed ? compress(workspace_.state() + kLz4State, from, bytes, to, bytes - 1) : 0;
  uint32_t raw = 0;
  if (stored == 0) {
    for (uint32_t i = 0; i < pages; ++i) {
      copy_page(to + i * kPage, from + i * kPage);
    }
    stored = bytes;
    raw = format::kChunkRaw;
  }
  watch.lap(written_.ticks.compress);
  map_.chunk(written_.chunks++) = {hash_of(to, stored), static_cast<uint32_t>(stored) | raw, pages};
  watch.lap(written_.ticks.hash);
  batch.used += stored;
  written_.data_pages += pages;
  written_.stored_bytes += stored;
}

Failure ContentWriter::wait(Buffer& buffer) {
  Stopwatch watch;
  const disk::Error error = store_.finish(buffer);
  watch.lap(written_.ticks.wait);
  return error.failed()
             ? disk_failure(format::SaveStatus::kDisk, store_.disk().driver(), store_.disk().place(), error)
             : Failure{};
}

Failure ContentWriter::send(Batch& batch, Buffer& buffer) {
  const uint64_t blocks = format::blocks_of(batch.used);
  if (blocks > end_ - next_) {
    return failure(format::SaveStatus::kNoRoom, "the store has no room for all of this memory");
  }
  __builtin_memset(batch.memory + batch.used, 0, blocks * format::kBlockBytes - batch.used);
  store_.start_image(disk::Operation::kWrite, first_block_, next_, blocks, buffer);
  next_ += blocks;
  written_.blocks += blocks;
  return {};
}

Failure ContentWriter::write(Written& written) {
  Progress progress("kjump: saving", map_.count_data() * kPage, store_.disk().disk().ticks_per_ms);
  written_.zero_pages = map_.count_zero();  // free ones that the kernel wants to find cleared
  uint64_t index = 0;
  for (uint32_t turn = 0; index < map_.pages(); turn = (turn + 1) % workspace_.buffers()) {
    Buffer& buffer = buffers_[turn];
    if (const Failure failed = wait(buffer); failed.failed()) {
      return failed;
    }
    Batch batch{static_cast<uint8_t*>(physical(buffer.address)), 0};
    const bool compressed = compresses_now();
    for (uint32_t chunk = 0; chunk < format::kBatchChunks; ++chunk) {
      const uint32_t pages = gather(index);
      if (pages == 0) {
        break;
      }
      add_chunk(batch, pages, compressed);
      (void)store_.poll();
    }
    if (const Failure failed = send(batch, buffer); failed.failed()) {
      return failed;
    }
    if (escape_pressed()) {
      return failure(format::SaveStatus::kEscape, "stopped with Escape");
    }
    progress.at((written_.data_pages + written_.zero_pages) * kPage);
  }
  for (uint32_t i = 0; i < workspace_.buffers(); ++i) {
    if (const Failure failed = wait(buffers_[i]); failed.failed()) {
      return failed;
    }
  }
  written = written_;
  return {};
}

}  // namespace kjump::hibernate
