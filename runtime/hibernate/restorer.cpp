// SPDX-License-Identifier: MIT
#include "hibernate/restorer.hpp"

#include <initializer_list>
#include <new>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/processor.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

#include "hibernate/acpi.hpp"
#include "hibernate/fingerprints.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/image_check.hpp"
#include "hibernate/machine.hpp"
#include "hibernate/progress.hpp"

namespace kjump::hibernate {

namespace {

using format::RestoreStatus;

format::Machine here;

}  // namespace

void Restorer::lap(uint64_t& field) {
  const uint64_t now = read_tsc();
  field += microseconds(lap_start_, now, ticks_per_ms_);
  lap_start_ = now;
}

Failure Restorer::on_disk(const disk::Error& error) {
  return error.failed() ? disk_failure(RestoreStatus::kDisk, disk_.driver(), disk_.place(), error)
                        : Failure{};
}

Failure Restorer::check() {
  lap_start_ = read_tsc();
  if (!take_workspace(workspace_)) {
    return failure(RestoreStatus::kWorkspace, "the workspace is not of whole pages");
  }
  using Step = Failure (Restorer::*)();
  for (const Step step :
       {&Restorer::find_store, &Restorer::choose_image, &Restorer::read_header, &Restorer::compare,
        &Restorer::open_workspace, &Restorer::compare_file_systems, &Restorer::read_tables}) {
    if (const Failure failed = (this->*step)(); failed.failed()) {
      return failed;
    }
  }
  lap(reply_.restore.prepare);
  if ((request_.flags & format::kRestoreFast) != 0) {
    return {};
  }
  const Failure failed = verify_content();
  lap(reply_.restore.verify);
  return failed;
}

bool Restorer::may_restore(const Candidate& candidate) const {
  if (!candidate.valid) {
    return false;
  }
  if (request_.generation != 0) {
    return candidate.commit.generation == request_.generation && candidate.is_wanted();
  }
  return candidate.is_wanted() && candidate.what() != format::ImageState::kContinued &&
         !candidate.state_damaged;
}

Failure Restorer::choose_image() {
  bool doubtful = false;
  for (uint32_t slot = 0; slot < format::kSlots; ++slot) {
    Candidate candidate;
    if (const Failure failed = on_disk(read_slot(store_, slot, candidate)); failed.failed()) {
      return failed;
    }
    doubtful = doubtful || (candidate.valid && candidate.state_damaged);
    if (may_restore(candidate) && (!chosen_ || candidate.commit.generation > image_.commit.generation)) {
      image_ = candidate;
      chosen_ = true;
    }
  }
  if (!chosen_) {
    return failure(RestoreStatus::kNoImage,
                   doubtful ? "the record of what became of the image is damaged; it is restored when asked "
                              "for by number"
                            : "the store holds no image to go on from");
  }
  reply_.slot = image_.slot;
  reply_.generation = image_.commit.generation;
  if (image_.state.attempts >= format::kMostAttempts) {
    return failure(RestoreStatus::kAttempts, "this image was tried three times and never came up");
  }
  // Taken back when it ends in a refusal: only what hangs or resets the machine counts.
  return note_state(image_.what(), image_.state.attempts + 1);
}

Failure Restorer::note_state(format::ImageState state, uint32_t attempts, bool skip_next_boot) {
  format::StateRecord record = image_.state;
  record.generation = image_.commit.generation;
  record.state = static_cast<uint32_t>(state);
  record.attempts = attempts;
  if (const Failure failed = on_disk(store_.write_state(image_.slot, record, skip_next_boot));
      failed.failed()) {
    return failed;
  }
  return on_disk(store_.flush());
}

void Restorer::note_refusal(const Failure& failed) {
  const bool open =
      disk_.disk().driver != nullptr || !disk_.open(driver_, place_, request_.disk_timeout_ms).failed();
  if (chosen_ && open) {
    // Only the boot block, which knows its drive, looks for the mark and takes it away.
    const abi::EntryState& entry = entry_state();
    const bool from_firmware = entry.door == static_cast<uint8_t>(abi::Door::kBoot) && entry.boot_drive != 0;
    image_.state.refusal = failed.status;
    (void)note_state(image_.what(), image_.state.attempts, from_firmware && failed.failed());
  }
}

Failure Restorer::read_header() {
  Buffer buffer;
  buffer.address = image_header_address();
  store_.start_image(disk::Operation::kRead, image_.commit.first_block, 0, format::kImageHeaderBlocks,
                     buffer);
  if (const Failure failed = on_disk(store_.finish(buffer)); failed.failed()) {
    return failed;
  }
  const format::ImageHeader& header = image_header();
  if (hash_of(&header, format::kImageHeaderBytes) != image_.commit.header_hash ||
      !header_fits(header, image_.commit) || !map_.set_ranges(header.ranges, header.range_count) ||
      map_.pages() != header.pages || !workspace_fits(map_, header)) {
    return failure(RestoreStatus::kHeader, "the image's header is damaged");
  }
  return {};
}

Failure Restorer::compare() {
  const format::ImageHeader& header = image_header();
  describe_machine(here);
  if ((request_.flags & format::kRestoreHasMap) != 0) {
    here.ranges = request_.map_count;
    __builtin_memcpy(here.map, request_.map, sizeof here.map);
  } else if (!ask_bios_for_map(here)) {
    return failure(RestoreStatus::kMemoryMap, "the firmware gives no memory map");
  }
  return compare_machines(header.machine, here);
}

// Straight after firmware no memory is anybody's yet: what the saved machine can do without serves.
Failure Restorer::open_workspace() {
  const format::ImageHeader& header = image_header();
  borrowed_ = workspace_.pieces() != 0;
  if ((!borrowed_ && !workspace_.add(header.workspace, header.workspace_pieces)) ||
      !workspace_.open(header.table_bytes)) {
    return failure(RestoreStatus::kWorkspace, "there is not enough memory to work in");
  }
  return {};
}

// This Linux's is memory of the saved machine, too: over to what that one does without, and the tables once
// more.
Failure Restorer::move_workspace() {
  const format::ImageHeader& header = image_header();
  new (&workspace_) Workspace;
  if (!workspace_.add(header.workspace, header.workspace_pieces) || !workspace_.open(header.table_bytes)) {
    return failure(RestoreStatus::kWorkspace, "the image names too little memory to work in");
  }
  return read_tables();
}

Failure Restorer::read_tables() {
  const format::ImageHeader& header = image_header();
  map_.use(workspace_);
  const uint64_t index = format::kImageHeaderBlocks + header.content_blocks;
  if (const Failure failed = on_disk(transfer_tables(store_, disk::Operation::kRead, workspace_,
                                                     image_.commit.first_block, index, header.table_bytes));
      failed.failed()) {
    return failed;
  }
  if (hash_of_tables(workspace_, header.table_bytes) != header.table_hash || !tables_fit(map_, header) ||
      !leaves_us_alone(map_, header)) {
    return failure(RestoreStatus::kTables, "the image's tables are damaged");
  }
  return {};
}

// Their disks have to be free, that of the store among them.
Failure Restorer::compare_file_systems() {
  const format::ImageHeader& header = image_header();
  disk_.close();
  const Failure failed = check_fingerprints(disk_, header.fingerprints, header.fingerprint_count,
                                            workspace_.buffer(0), request_.disk_timeout_ms);
  if (const Failure opened = on_disk(disk_.open(driver_, place_, request_.disk_timeout_ms));
      opened.failed()) {
    return opened;
  }
  return failed;
}

ContentReader Restorer::reader() {
  return {
      store_, workspace_, map_, image_.commit.first_block, format::kImageHeaderBlocks, image_header().chunks};
}

Failure Restorer::verify_content() {
  ContentReader content = reader();
  const Failure failed = content.verify();
  add_microseconds(content.ticks(), ticks_per_ms_, reply_.work);
  return failed;
}

Failure Restorer::load(bool& lost) {
  if (const Failure failed = note_state(format::ImageState::kStarted, image_.state.attempts + 1);
      failed.failed()) {
    return failed;
  }
  lost = true;
  burn_bridges();
  if (borrowed_) {
    if (const Failure failed = move_workspace(); failed.failed()) {
      return failed;
    }
  }
  ContentReader content = reader();
  if (const Failure failed = content.load(); failed.failed()) {
    return failed;
  }
  add_microseconds(content.ticks(), ticks_per_ms_, reply_.work);
  lap(reply_.restore.content);
  const Failure failed = note_state(format::ImageState::kDone, image_.state.attempts + 1);
  if (failed.failed()) {  // the machine starts again and must find an image
    (void)note_state(format::ImageState::kStarted, image_.state.attempts + 1);
  }
  close();
  lap(reply_.restore.finish);
  return failed;
}

bool Restorer::become_saved_machine() {
  const format::ImageHeader& header = image_header();
  write_enables(header.acpi, header.acpi_enables, ticks_per_ms_);
  copy_to_physical(abi::kExchangeBase, &header.exchange, sizeof header.exchange);
  return become(header.entry, header.parameters);
}

}  // namespace kjump::hibernate
