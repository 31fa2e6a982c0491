// SPDX-License-Identifier: MIT
// The store's records: each field flipped, and changed by somebody who made the hashes right again.
#include <fmt/format.h>

#include <span>
#include <string_view>

#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "simulated/faults.hpp"
#include "simulated/fields.hpp"

namespace kjump::simulated {
namespace {

using format::CommitRecord;
using format::Extent;
using format::StateRecord;
using format::StoreHeader;

constexpr const char* kUnknown =
    "refused: the record of what became of the image is damaged; it is restored when asked for by number";

constexpr std::array kStoreHeader{
    KJUMP_FIELD(StoreHeader, magic, kNoDisk),
    KJUMP_FIELD(StoreHeader, version, kNoDisk),
    KJUMP_FIELD(StoreHeader, header_bytes, kNoDisk),
    KJUMP_FIELD(StoreHeader, uuid, kNoImage),  // any store is wanted; its records are another's
    KJUMP_FIELD(StoreHeader, blocks, kNoDisk),
    KJUMP_FIELD(StoreHeader, disk_sectors, kNoDisk),
    KJUMP_FIELD(StoreHeader, header_sector, kNoDisk),
    KJUMP_FIELD(StoreHeader, extents, kNoDisk),
    KJUMP_FIELD(StoreHeader, reserved, kRestored),
    KJUMP_FIELD(StoreHeader, extents_hash, kNoDisk),
    KJUMP_FIELD(StoreHeader, hash, kNoDisk),
};
static_assert(cover(kStoreHeader, sizeof(StoreHeader)));

// The second piece: the first two blocks of the first one are found by their sector alone.
constexpr std::array kExtent{
    KJUMP_FIELD(Extent, first_block, kNoDisk),
    KJUMP_FIELD(Extent, blocks, kNoDisk),
    KJUMP_FIELD(Extent, sector, "refused: the image's tables are damaged"),
};
static_assert(cover(kExtent, sizeof(Extent)));

constexpr std::array kCommit{
    KJUMP_FIELD(CommitRecord, magic, kNoImage),     KJUMP_FIELD(CommitRecord, version, kNoImage),
    KJUMP_FIELD(CommitRecord, flags, kRestored),    KJUMP_FIELD(CommitRecord, store, kNoImage),
    KJUMP_FIELD(CommitRecord, generation, kHeader), KJUMP_FIELD(CommitRecord, first_block, kHeader),
    KJUMP_FIELD(CommitRecord, blocks, kHeader),     KJUMP_FIELD(CommitRecord, header_hash, kHeader),
    KJUMP_FIELD(CommitRecord, saved_at, kRestored), KJUMP_FIELD(CommitRecord, hash, kNoImage),
};
static_assert(cover(kCommit, sizeof(CommitRecord)));

// About an image that was begun once. A record of another store or of another image says nothing about it.
constexpr std::array kState{
    KJUMP_FIELD(StateRecord, magic, kUnknown),
    KJUMP_FIELD(StateRecord, version, kUnknown),
    KJUMP_FIELD(StateRecord, state, kUnknown),
    KJUMP_FIELD(StateRecord, store, kRestored),
    KJUMP_FIELD(StateRecord, generation, kRestored),
    KJUMP_FIELD(StateRecord, attempts, "refused: this image was tried three times and never came up"),
    KJUMP_FIELD(StateRecord, refusal, kRestored),
    KJUMP_FIELD(StateRecord, hash, kUnknown),
};
static_assert(cover(kState, sizeof(StateRecord)));

void mend_store(Machine& machine) {
  auto& header = record_in<StoreHeader>(machine, 0);
  header.extents_hash = hibernate::hash_of(machine.block(1), header.extents * sizeof(Extent));
  header.hash = hibernate::own_hash(header);
}
void mend_header_record(Machine& machine) {
  auto& header = record_in<StoreHeader>(machine, 0);
  header.hash = hibernate::own_hash(header);
}
void mend_commit(Machine& machine) {
  auto& commit = record_in<CommitRecord>(machine, format::kCommitBlock);
  commit.hash = hibernate::own_hash(commit);
}
void mend_state(Machine& machine) {
  auto& state = record_in<StateRecord>(machine, format::kStateBlock);
  state.hash = hibernate::own_hash(state);
}

void write_state(Machine& machine, format::ImageState what) {
  const CommitRecord commit = commit_of(machine, 0);
  StateRecord& state = record_in<StateRecord>(machine, format::kStateBlock);
  state = {};
  state.magic = format::kStateMagic;
  state.version = format::kFormatVersion;
  state.state = static_cast<std::uint32_t>(what);
  state.store = commit.store;
  state.generation = commit.generation;
  state.attempts = 1;
  state.hash = hibernate::own_hash(state);
}

/// A record on the disk, and its fields.
struct Record {
  const char* name;
  std::uint64_t block;
  std::size_t offset;
  std::span<const Field> fields;
  const char* flipped;  ///< what comes of a bit that somebody flipped
  void (*mend)(Machine&);
};

const Record kRecords[] = {
    {"store header", 0, 0, kStoreHeader, kNoDisk, mend_header_record},
    {"extent", 1, sizeof(Extent), kExtent, kNoDisk, mend_store},
    {"commit record", format::kCommitBlock, 0, kCommit, kNoImage, mend_commit},
    {"state record", format::kStateBlock, 0, kState, kUnknown, mend_state},
};

std::string damage(const Record& record, const Field& field, bool mended) {
  Scene& at = scene();
  at.switch_off();
  write_state(at.machine, format::ImageState::kStarted);
  flip(at.machine.block(record.block) + record.offset + field.offset);
  if (mended) {
    record.mend(at.machine);
  }
  at.machine.disk.make_safe();
  return refused_and_mended(at);
}

/// An image that was gone on from already must not come back because its record went bad.
std::string damage_done(const Field& field) {
  Scene& at = scene();
  at.switch_off();
  write_state(at.machine, format::ImageState::kDone);
  flip(at.machine.block(format::kStateBlock) + field.offset);
  at.machine.disk.make_safe();
  return at.refusal();
}

}  // namespace

std::vector<Injection> record_injections() {
  std::vector<Injection> list;
  for (const Record& record : kRecords) {
    for (const Field& field : record.fields) {
      list.push_back({"restore, record", fmt::format("{}, {}: a bit flipped", record.name, field.name),
                      record.flipped, [&record, &field] { return damage(record, field, false); }});
    }
    for (const Field& field : record.fields) {
      if (std::string_view(field.name) == "hash") {
        continue;  // made right again it is what it was
      }
      list.push_back({"restore, record",
                      fmt::format("{}, {}: changed, hashes made right", record.name, field.name),
                      field.expected, [&record, &field] { return damage(record, field, true); }});
    }
  }
  for (const Field& field : kState) {
    list.push_back({"restore, record", fmt::format("state record \"done\", {}: a bit flipped", field.name),
                    kUnknown, [&field] { return damage_done(field); }});
  }
  return list;
}

}  // namespace kjump::simulated
