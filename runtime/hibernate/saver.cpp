// SPDX-License-Identifier: MIT
#include "hibernate/saver.hpp"

#include <initializer_list>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/payload.hpp>

#include "hibernate/fingerprints.hpp"
#include "hibernate/pci_setup.hpp"
#include "hibernate/progress.hpp"

namespace kjump::hibernate {

using format::SaveStatus;

void Saver::lap(uint64_t& field) {
  const uint64_t now = read_tsc();
  field += microseconds(lap_start_, now, ticks_per_ms());
  lap_start_ = now;
}

Failure Saver::on_disk(const disk::Error& error) {
  return error.failed() ? disk_failure(SaveStatus::kDisk, disk_.driver(), disk_.place(), error) : Failure{};
}

Failure Saver::save() {
  lap_start_ = read_tsc();
  if (const Failure failed = prepare_memory(); failed.failed()) {
    return failed;
  }
  if (const Failure failed = open_store(); failed.failed()) {
    return failed;
  }
  lap(reply_.save.prepare);
  if (const Failure failed = mark_pages(request_.facts, workspace_, map_, counts_); failed.failed()) {
    return failed;
  }
  reply_.free_pages = counts_.free;
  reply_.kernel_free_pages = counts_.kernel_free;
  reply_.skipped_pages = counts_.skipped;
  lap(reply_.save.scan);
  if ((request_.flags & format::kSaveRehearse) != 0) {
    return {};
  }
  if (const Failure failed = write_image(); failed.failed()) {
    return failed;
  }
  return commit();
}

// The workspace is divided, the file systems' fingerprints are taken: their disks have to be free.
Failure Saver::prepare_memory() {
  if (!map_.set_ranges(request_.ranges, request_.range_count)) {
    return failure(SaveStatus::kRequest, "the memory ranges of the request make no sense");
  }
  const uint64_t most_chunks = map_.pages() / format::kChunkPages + 1;
  if (!take_workspace(workspace_) || !workspace_.open(format::tables_bytes(map_.pages(), most_chunks))) {
    return failure(SaveStatus::kWorkspace, "there is not enough memory to work in, or in too many pieces");
  }
  map_.use(workspace_);
  reply_.pages = map_.pages();
  format::ImageHeader& header = image_header();
  header = {};
  __builtin_memcpy(header.fingerprints, request_.fingerprints, sizeof header.fingerprints);
  header.fingerprint_count = request_.fingerprint_count;
  return take_fingerprints(disk_, header.fingerprints, header.fingerprint_count, workspace_.buffer(0),
                           request_.disk_timeout_ms);
}

Failure Saver::open_store() {
  const disk::Place place{request_.disk.bus, request_.disk.device, request_.disk.function,
                          request_.disk.unit};
  const auto driver = static_cast<format::DiskDriver>(request_.disk.driver);
  const Failure opened = on_disk(disk_.open(driver, place, request_.disk_timeout_ms));
  if (opened.failed()) {
    return opened;
  }
  disk::Error error;
  if (!store_.load(request_.header_sector, &request_.store, error)) {
    return error.failed()
               ? on_disk(error)
               : failure(SaveStatus::kStore,
                         "the disk does not hold this store: its header is not where it should be");
  }
  if (const Failure failed = check_canary(); failed.failed()) {
    return failed;
  }
  if (const Failure failed = choose_slot(); failed.failed()) {
    return failed;
  }
  reply_.slot = slot_;
  reply_.generation = generation_;
  reply_.room_blocks = room_;
  return {};
}

// Linux wrote it a moment ago: no other disk can have it (hibernation.md 5, number 15).
Failure Saver::check_canary() {
  uint8_t found[sizeof request_.canary];
  if (const Failure failed = on_disk(store_.read_canary(found, sizeof found)); failed.failed()) {
    return failed;
  }
  if (__builtin_memcmp(found, request_.canary, sizeof found) != 0) {
    return failure(SaveStatus::kCanary, "this is not the disk that Linux wrote to: the canary block differs");
  }
  return {};
}

// The newest image that somebody may still want stays until the new one is committed.
Failure Saver::choose_slot() {
  Candidate a;
  Candidate b;
  for (Candidate* candidate : {&a, &b}) {
    if (const Failure failed = on_disk(read_slot(store_, candidate == &a ? 0 : 1, *candidate));
        failed.failed()) {
      return failed;
    }
  }
  const uint64_t newest_a = a.valid ? a.commit.generation : 0;
  const uint64_t newest_b = b.valid ? b.commit.generation : 0;
  generation_ = (newest_a > newest_b ? newest_a : newest_b) + 1;
  const bool keep_a = a.is_wanted() && (!b.is_wanted() || newest_a > newest_b);
  const bool keep_b = b.is_wanted() && !keep_a;
  if ((request_.flags & format::kSaveKeepOther) != 0 && a.is_wanted() && b.is_wanted()) {
    return failure(SaveStatus::kNoRoom,
                   "both images of the store are still wanted: go on from one, or discard it");
  }
  slot_ = keep_a ? 1 : 0;
  const uint64_t ring = store_.header().blocks - format::kDataBlock;
  first_block_ = format::kDataBlock;
  room_ = ring;
  if (keep_a || keep_b) {
    const format::CommitRecord& kept = keep_a ? a.commit : b.commit;
    first_block_ = format::ring_block(kept.first_block, kept.blocks, store_.header().blocks);
    room_ = ring - kept.blocks;
  }
  return {};
}

// What is about to be overwritten must not look valid.
Failure Saver::forget_old_image() {
  format::CommitRecord none{};
  none.first_block = 0;  // which no image has
  if (const Failure failed = on_disk(store_.write_commit(slot_, none)); failed.failed()) {
    return failed;
  }
  return on_disk(store_.flush());
}

Compression Saver::compression() const {
  return (request_.flags & format::kSaveCompressAll) != 0       ? Compression::kAll
         : (request_.flags & format::kSaveCompressNothing) != 0 ? Compression::kNothing
                                                                : Compression::kWhileDiskIsBusy;
}

Failure Saver::write_image() {
  const uint64_t most_tables =
      format::blocks_of(format::tables_bytes(map_.pages(), map_.count_data() / format::kChunkPages + 1));
  if (room_ < format::kImageHeaderBlocks + most_tables) {
    return failure(SaveStatus::kNoRoom, "the store has no room beside the image that it keeps");
  }
  if (const Failure failed = forget_old_image(); failed.failed()) {
    return failed;
  }
  // Half of the store is left to the next image.
  const uint64_t end = room_ - most_tables;
  const uint64_t half = (store_.header().blocks - format::kDataBlock) / 2;
  const ContentRoom room{format::kImageHeaderBlocks, end, end < half ? end : half};
  ContentWriter writer(store_, workspace_, map_, first_block_, room, compression());
  if (const Failure failed = writer.write(written_); failed.failed()) {
    return failed;
  }
  reply_.data_pages = written_.data_pages;
  reply_.zero_pages = written_.zero_pages;
  reply_.stored_bytes = written_.stored_bytes;
  Stopwatch watch;
  const Failure flushed = on_disk(store_.flush());
  watch.lap(written_.ticks.wait);
  add_microseconds(written_.ticks, ticks_per_ms(), reply_.save_work);
  if (flushed.failed()) {
    return flushed;
  }
  lap(reply_.save.content);
  return write_header_and_tables();
}

}  // namespace kjump::hibernate
