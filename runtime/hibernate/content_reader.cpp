// SPDX-License-Identifier: MIT
#include "hibernate/content_reader.hpp"

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/payload.hpp>

#include "hibernate/copy_page.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/lz4.hpp"
#include "hibernate/progress.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPage = abi::kPageBytes;
constexpr uint64_t kStaging = 0;  // in the workspace's state

uint32_t stored_bytes(const format::ChunkEntry& entry) {
  return entry.stored & ~format::kChunkRaw;
}

}  // namespace

ContentReader::ContentReader(Store& store, const Workspace& workspace, const PageMap& map,
                             uint64_t first_block, uint64_t begin, uint64_t chunks)
    : store_(store),
      workspace_(workspace),
      map_(map),
      first_block_(first_block),
      begin_(begin),
      chunks_(chunks) {}

Failure ContentReader::verify() {
  return pass(false);
}

Failure ContentReader::load() {
  const Failure failed = pass(true);
  if (!failed.failed()) {
    clear_zero_pages();
  }
  return failed;
}

void ContentReader::ask(Buffer& buffer) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < format::kBatchChunks && ahead_.chunk < chunks_; ++i) {
    bytes += stored_bytes(map_.chunk(ahead_.chunk++));
  }
  const uint64_t blocks = format::blocks_of(bytes);
  store_.start_image(disk::Operation::kRead, first_block_, ahead_.block, blocks, buffer);
  ahead_.block += blocks;
}

bool ContentReader::place(const uint8_t* from, uint32_t stored, uint32_t pages) {
  uint64_t to[format::kChunkPages];
  bool together = true;
  for (uint32_t i = 0; i < pages; ++i) {
    index_ = map_.next_data(index_);
    to[i] = map_.address_of(index_++);
    together = together && to[i] == to[0] + i * kPage;
  }
  const size_t bytes = pages * kPage;
  const bool raw = (stored & format::kChunkRaw) != 0;
  if (!raw) {
    void* out = together ? physical(to[0]) : workspace_.state() + kStaging;
    if (!decompress(from, stored, out, bytes)) {
      return false;
    }
    from = static_cast<const uint8_t*>(out);
  }
  if (raw || !together) {
    for (uint32_t i = 0; i < pages; ++i) {
      copy_page(physical(to[i]), from + i * kPage);
    }
  }
  return true;
}

Failure ContentReader::take_batch(const uint8_t* memory, uint64_t& chunk, bool load) {
  for (uint32_t i = 0; i < format::kBatchChunks && chunk < chunks_; ++i, ++chunk) {
    const format::ChunkEntry& entry = map_.chunk(chunk);
    Stopwatch watch;
    const bool sound = hash_of(memory, stored_bytes(entry)) == entry.hash;
    watch.lap(ticks_.hash);
    const bool placed = sound && (!load || place(memory, entry.stored, entry.pages));
    watch.lap(ticks_.compress);
    if (!placed) {
      Failure made = failure(format::RestoreStatus::kContent, "the image is damaged: chunk ");
      made.why.add_number(chunk).add(" of ").add_number(chunks_);
      return made;
    }
    memory += stored_bytes(entry);
  }
  return {};
}

Failure ContentReader::pass(bool load) {
  Progress progress(load ? "kjump: restoring" : "kjump: verifying", chunks_ * format::kChunkBytes,
                    store_.disk().disk().ticks_per_ms);
  ahead_ = {0, begin_};
  index_ = 0;
  const uint32_t count = workspace_.buffers();
  for (uint32_t i = 0; i < count; ++i) {
    buffers_[i] = {};
    buffers_[i].address = workspace_.buffer(i);
    ask(buffers_[i]);
  }
  uint64_t chunk = 0;
  Failure failed;
  for (uint32_t turn = 0; chunk < chunks_ && !failed.failed(); turn = (turn + 1) % count) {
    Buffer& buffer = buffers_[turn];
    Stopwatch watch;
    const disk::Error error = store_.finish(buffer);
    watch.lap(ticks_.wait);
    if (error.failed()) {
      failed =
          disk_failure(format::RestoreStatus::kDisk, store_.disk().driver(), store_.disk().place(), error);
      break;
    }
    failed = take_batch(static_cast<const uint8_t*>(physical(buffer.address)), chunk, load);
    ask(buffer);
    if (!load && !failed.failed() && escape_pressed()) {
      failed = failure(format::RestoreStatus::kEscape, "stopped with Escape");
    }
    progress.at(chunk * format::kChunkBytes);
  }
  for (uint32_t i = 0; i < count; ++i) {
    (void)store_.finish(buffers_[i]);  // the device must not write into memory that is somebody else's
  }
  return failed;
}

void ContentReader::clear_zero_pages() {
  Stopwatch watch;
  for (uint64_t index = map_.next_zero(0); index < map_.pages(); index = map_.next_zero(index + 1)) {
    __builtin_memset(physical(map_.address_of(index)), 0, kPage);
  }
  watch.lap(ticks_.look);
}

}  // namespace kjump::hibernate
