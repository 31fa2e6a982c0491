// SPDX-License-Identifier: MIT
#include "hibernate/restorer.hpp"

#include <initializer_list>

#include <kjump/abi/processor.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

#include "hibernate/acpi.hpp"
#include "hibernate/fingerprints.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/machine.hpp"
#include "hibernate/progress.hpp"

namespace kjump::hibernate {

namespace {

using format::RestoreStatus;

format::Machine here;

// become() knows the way back through these doors only.
bool way_back_exists(const abi::EntryState& entry) {
  const auto door = static_cast<abi::Door>(entry.door);
  return door == abi::Door::kWake ||
         (door == abi::Door::kKexec && (entry.efer & abi::kEferLongModeActive) != 0);
}

// One image in the ring, whole; no count that its own size does not bear out.
bool header_fits(const format::ImageHeader& header, const format::CommitRecord& commit) {
  return header.magic == format::kImageMagic && header.version == format::kFormatVersion &&
         header.header_bytes == sizeof header && header.hash == own_hash(header) &&
         header.generation == commit.generation && way_back_exists(header.entry) &&
         header.range_count <= format::kMostRanges && header.fingerprint_count <= format::kMostFingerprints &&
         header.workspace_pages != 0 && header.workspace_pages <= format::kMostWorkspacePages &&
         header.content_blocks <= commit.blocks && header.table_blocks <= commit.blocks &&
         header.chunks <= header.pages &&
         format::kImageHeaderBlocks + header.content_blocks + header.table_blocks == commit.blocks &&
         header.table_bytes == PageMap::tables_bytes(header.pages, header.chunks) &&
         (header.table_bytes + format::kBlockBytes - 1) / format::kBlockBytes == header.table_blocks;
}

// The chunks hold exactly the pages that are marked, in exactly the blocks that there are.
bool tables_fit(const PageMap& map, const format::ImageHeader& header) {
  uint64_t pages = 0;
  uint64_t blocks = 0;
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < header.chunks; ++i) {
    const format::ChunkEntry& entry = map.chunk(i);
    const uint32_t stored = entry.stored & ~format::kChunkRaw;
    const bool raw = (entry.stored & format::kChunkRaw) != 0;
    const bool last = i + 1 == header.chunks;
    if (entry.pages == 0 || entry.pages > format::kChunkPages || stored == 0 ||
        stored > entry.pages * abi::kPageBytes || (raw && stored != entry.pages * abi::kPageBytes)) {
      return false;
    }
    pages += entry.pages;
    bytes += stored;
    if (last || i % format::kBatchChunks == format::kBatchChunks - 1) {
      blocks += (bytes + format::kBlockBytes - 1) / format::kBlockBytes;
      bytes = 0;
    }
  }
  return pages == header.data_pages && blocks == header.content_blocks && map.count_data() == pages &&
         map.count_zero() == header.zero_pages;
}

// Pages that we need ourselves while we overwrite the others.
bool leaves_us_alone(const PageMap& map, const format::ImageHeader& header) {
  const auto is_marked = [&map](uint64_t address) {
    const uint64_t index = map.index_of(address);
    return index != map.pages() && (map.is_data(index) || map.is_zero(index));
  };
  for (uint64_t address = 0; address < abi::kImageEnd; address += abi::kPageBytes) {
    if (is_never_saved(address) && is_marked(address)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < header.workspace_pages; ++i) {
    for (uint64_t page = 0; page < kWorkspacePage; page += abi::kPageBytes) {
      if (is_marked(header.workspace[i] + page)) {
        return false;
      }
    }
  }
  return true;
}

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
    return failure(RestoreStatus::kWorkspace, "the workspace is not of 2 MiB pages");
  }
  using Step = Failure (Restorer::*)();
  for (const Step step : {&Restorer::find_store, &Restorer::choose_image, &Restorer::read_header,
                          &Restorer::compare, &Restorer::compare_file_systems, &Restorer::read_tables}) {
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
  return candidate.is_wanted() && candidate.what() != format::ImageState::kContinued;
}

Failure Restorer::choose_image() {
  for (uint32_t slot = 0; slot < format::kSlots; ++slot) {
    Candidate candidate;
    if (const Failure failed = on_disk(read_slot(store_, slot, candidate)); failed.failed()) {
      return failed;
    }
    if (may_restore(candidate) && (!chosen_ || candidate.commit.generation > image_.commit.generation)) {
      image_ = candidate;
      chosen_ = true;
    }
  }
  if (!chosen_) {
    return failure(RestoreStatus::kNoImage, "the store holds no image to go on from");
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
      map_.pages() != header.pages) {
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

Failure Restorer::read_tables() {
  const format::ImageHeader& header = image_header();
  if (workspace_.pages() == 0) {  // nobody's memory yet: what the saved machine can do without
    for (uint32_t i = 0; i < header.workspace_pages; ++i) {
      (void)workspace_.add(header.workspace[i], kWorkspacePage);
    }
  }
  if (!workspace_.divide(header.table_bytes)) {
    return failure(RestoreStatus::kWorkspace, "there are not enough free 2 MiB pages to work in");
  }
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
  const uint64_t place = workspace_.pages() != 0 ? workspace_.page(0) : header.workspace[0];
  disk_.close();
  const Failure failed = check_fingerprints(disk_, header.fingerprints, header.fingerprint_count, place,
                                            request_.disk_timeout_ms);
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
  const format::ImageHeader& header = image_header();
  if (!workspace_.fits(header.workspace_pages)) {
    return failure(RestoreStatus::kWorkspace, "the image names too little memory to work in");
  }
  if (const Failure failed = note_state(format::ImageState::kStarted, image_.state.attempts + 1);
      failed.failed()) {
    return failed;
  }
  lost = true;
  burn_bridges();
  workspace_.move_to(header.workspace, header.workspace_pages);
  ContentReader content = reader();
  if (const Failure failed = content.load(); failed.failed()) {
    return failed;
  }
  add_microseconds(content.ticks(), ticks_per_ms_, reply_.work);
  lap(reply_.restore.content);
  const Failure failed = note_state(format::ImageState::kDone, image_.state.attempts + 1);
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
