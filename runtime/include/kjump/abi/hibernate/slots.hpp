// SPDX-License-Identifier: MIT
/// The two slots of a store: which image counts, and what became of it.
///
/// Order of a save: content, flush, tables and header, flush, read both back, commit record, flush.
#pragma once

#include <stdint.h>

#include <kjump/abi/hibernate/store.hpp>

namespace kjump::abi::hibernate {

inline constexpr uint64_t kCommitMagic = 0x54494D4D4F434A4B;  // "KJCOMMIT"
inline constexpr uint64_t kStateMagic = 0x4554415453484A4B;   // "KJHSTATE"

/// One sector; valid when its hash is right and `store` is the store's.
struct CommitRecord {
  uint64_t magic;
  uint32_t version;
  uint32_t flags;
  Uuid store;
  uint64_t generation;   ///< the newest of two valid ones counts
  uint64_t first_block;  ///< of the image; blocks go round from the store's last to kDataBlock
  uint64_t blocks;       ///< of the image in all
  uint64_t header_hash;  ///< of the ImageHeader, all of its blocks
  uint64_t saved_at;     ///< seconds since 1970, UTC
  uint64_t hash;
};

/// What became of a committed image. An absent or older record: nothing yet.
enum class ImageState : uint32_t {
  kCommitted = 0,
  kStarted = 1,    ///< memory is being overwritten; the image may be tried again
  kDone = 2,       ///< went on from; never again
  kDiscarded = 3,  ///< by the user
  kContinued =
      4,  ///< the machine went on after saving: a snapshot, restored only when asked for by generation
};

struct StateRecord {
  uint64_t magic;
  uint32_t version;
  uint32_t state;  ///< ImageState
  Uuid store;
  uint64_t generation;  ///< of the image that this is about
  uint32_t attempts;    ///< restores begun, refused ones included
  uint32_t refusal;     ///< RestoreStatus of the last one
  uint64_t hash;
};

inline constexpr uint32_t kMostAttempts = 3;

/// First dword of the sector behind a StateRecord: the image was refused straight after firmware, whose disk
/// drivers have lost their devices by then, and the machine was reset. The boot block takes the mark away and
/// boots past the image this once.
inline constexpr uint32_t kBootSkipMagic = 0x504B534B;  // "KSKP"

static_assert(sizeof(CommitRecord) <= kSectorBytes && sizeof(StateRecord) <= kSectorBytes);

}  // namespace kjump::abi::hibernate
