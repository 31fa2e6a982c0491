// SPDX-License-Identifier: MIT
// The records that say which image counts and what became of it: one sector each, with their own hash.
#include "hibernate/hash.hpp"

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include "hibernate/store.hpp"

namespace kjump::hibernate {

namespace {

alignas(format::kBlockBytes) uint8_t buffer[format::kBlockBytes];

uint64_t buffer_address() {
  return reinterpret_cast<uint64_t>(buffer);
}

template <typename Record>
bool is_whole(const Record& record, uint64_t magic) {
  return record.magic == magic && record.version == format::kFormatVersion && record.hash == own_hash(record);
}

template <typename Record>
bool is_of(const Record& record, const format::Uuid& store) {
  return __builtin_memcmp(&record.store, &store, sizeof store) == 0;
}

bool is_known(uint32_t state) {
  return state <= static_cast<uint32_t>(format::ImageState::kContinued);
}

// As `prepare` leaves it.
bool is_blank(const format::StateRecord& record) {
  constexpr format::StateRecord kBlank{};
  return __builtin_memcmp(&record, &kBlank, sizeof record) == 0;
}

template <typename Record>
void seal(Record& record, uint64_t magic, const format::Uuid& store) {
  record.magic = magic;
  record.version = format::kFormatVersion;
  record.store = store;
  record.hash = own_hash(record);
}

}  // namespace

// The whole block is read and written, since a disk's sector may be one; a record is within its first 512
// bytes, which no disk tears.
disk::Error Store::write_record(uint64_t block, const void* record, size_t bytes) {
  __builtin_memset(buffer, 0, sizeof buffer);
  __builtin_memcpy(buffer, record, bytes);
  return transfer(disk::Operation::kWrite, block, 1, buffer_address());
}

disk::Error Store::read_commit(uint32_t slot, format::CommitRecord& record, bool& valid) {
  const disk::Error error =
      transfer(disk::Operation::kRead, format::kCommitBlock + slot, 1, buffer_address());
  __builtin_memcpy(&record, buffer, sizeof record);
  const uint64_t ring = header_.blocks - format::kDataBlock;
  valid = !error.failed() && is_whole(record, format::kCommitMagic) && is_of(record, header_.uuid) &&
          record.first_block >= format::kDataBlock && record.first_block < header_.blocks &&
          record.blocks >= format::kImageHeaderBlocks && record.blocks <= ring;
  return error;
}

disk::Error Store::read_state(uint32_t slot, uint64_t generation, format::StateRecord& record,
                              bool& damaged) {
  const disk::Error error = transfer(disk::Operation::kRead, format::kStateBlock + slot, 1, buffer_address());
  __builtin_memcpy(&record, buffer, sizeof record);
  const bool whole = is_whole(record, format::kStateMagic) && is_known(record.state);
  damaged = !error.failed() && !whole && !is_blank(record);
  if (!whole || !is_of(record, header_.uuid) || record.generation != generation) {
    record = {};
    record.generation = generation;
  }
  return error;
}

disk::Error Store::write_commit(uint32_t slot, format::CommitRecord record) {
  seal(record, format::kCommitMagic, header_.uuid);
  return write_record(format::kCommitBlock + slot, &record, sizeof record);
}

disk::Error Store::write_state(uint32_t slot, format::StateRecord record, bool skip_next_boot) {
  struct {
    format::StateRecord record;
    uint8_t rest[format::kSectorBytes - sizeof(format::StateRecord)];
    uint32_t skip;
  } content{record, {}, skip_next_boot ? format::kBootSkipMagic : 0};
  static_assert(offsetof(decltype(content), skip) == format::kSectorBytes);
  seal(content.record, format::kStateMagic, header_.uuid);
  return write_record(format::kStateBlock + slot, &content, sizeof content);
}

disk::Error Store::read_canary(uint8_t* to, size_t bytes) {
  const disk::Error error = transfer(disk::Operation::kRead, format::kCanaryBlock, 1, buffer_address());
  __builtin_memcpy(to, buffer, bytes);
  return error;
}

}  // namespace kjump::hibernate
