// SPDX-License-Identifier: MIT
// From written content to an image that counts: tables and header, reading back, the commit record.
#include <kjump/abi/hibernate/image.hpp>

#include "hibernate/hash.hpp"
#include "hibernate/progress.hpp"
#include "hibernate/saver.hpp"

namespace kjump::hibernate {

using format::SaveStatus;

Failure Saver::write_header_and_tables() {
  fill_header();
  const format::ImageHeader& header = image_header();
  const uint64_t tables_at = format::kImageHeaderBlocks + written_.blocks;
  if (const Failure failed = on_disk(transfer_tables(store_, disk::Operation::kWrite, workspace_,
                                                     first_block_, tables_at, header.table_bytes));
      failed.failed()) {
    return failed;
  }
  Buffer buffer;
  buffer.address = image_header_address();
  store_.start_image(disk::Operation::kWrite, first_block_, 0, format::kImageHeaderBlocks, buffer);
  if (const Failure failed = on_disk(store_.finish(buffer)); failed.failed()) {
    return failed;
  }
  return on_disk(store_.flush());
}

// The header's hash vouches for itself and for the tables.
Failure Saver::read_back() {
  const format::ImageHeader& header = image_header();
  const uint64_t header_hash = hash_of(&header, format::kImageHeaderBytes);
  Buffer buffer;
  buffer.address = image_header_address();
  store_.start_image(disk::Operation::kRead, first_block_, 0, format::kImageHeaderBlocks, buffer);
  Failure failed = on_disk(store_.finish(buffer));
  if (!failed.failed()) {
    failed = on_disk(transfer_tables(store_, disk::Operation::kRead, workspace_, first_block_,
                                     format::kImageHeaderBlocks + written_.blocks, header.table_bytes));
  }
  if (failed.failed()) {
    return failed;
  }
  if (hash_of(&header, format::kImageHeaderBytes) != header_hash ||
      hash_of_tables(workspace_, header.table_bytes) != header.table_hash) {
    return failure(SaveStatus::kVerify, "the disk gives back other tables than were written");
  }
  return {};
}

Failure Saver::commit() {
  if (const Failure failed = read_back(); failed.failed()) {
    return failed;
  }
  if (escape_pressed()) {
    return failure(SaveStatus::kEscape, "stopped with Escape");
  }
  const format::ImageHeader& header = image_header();
  format::CommitRecord record{};
  record.generation = generation_;
  record.first_block = first_block_;
  record.blocks = format::kImageHeaderBlocks + header.content_blocks + header.table_blocks;
  record.header_hash = hash_of(&header, format::kImageHeaderBytes);
  record.saved_at = request_.now;
  reply_.image_blocks = record.blocks;
  // A snapshot must not be restored on its own, not even if the power goes now.
  if (request_.after == static_cast<uint32_t>(format::AfterSave::kContinue)) {
    if (const Failure failed = note_state(format::ImageState::kContinued); failed.failed()) {
      return failed;
    }
  }
  Failure failed = on_disk(store_.write_commit(slot_, record));
  if (!failed.failed()) {
    failed = on_disk(store_.flush());
  }
  lap(reply_.save.finish);
  return failed.failed() ? withdraw(failed) : failed;
}

// Linux goes on, so that the image must not: its record may have got to the medium all the same.
Failure Saver::withdraw(Failure failed) {
  if (forget_old_image().failed()) {
    failed.why.add("; whether the new image counts is not known: discard it");
  }
  return failed;
}

Failure Saver::note_state(format::ImageState state) {
  format::StateRecord record{};
  record.state = static_cast<uint32_t>(state);
  record.generation = generation_;
  if (const Failure failed = on_disk(store_.write_state(slot_, record)); failed.failed()) {
    return failed;
  }
  return on_disk(store_.flush());
}

}  // namespace kjump::hibernate
