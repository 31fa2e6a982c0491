// SPDX-License-Identifier: MIT
// Rule: whatever a store and an image claim, with their hashes made right again, the restore payload's own
// code stays within its memory, ends, and either refuses it or becomes the machine; it never overwrites what
// is not in the image's own ranges.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "simulated/runs.hpp"

namespace {

using namespace kjump;
using namespace kjump::simulated;

// As little of everything as there can be: an input must not cost much more than what it changes.
constexpr Shape kSmall{.store_blocks = format::kSmallestStoreBlocks,
                       .pages_before = 24,
                       .pages_behind = 16,
                       .max_transfer_bytes = 64 << 10};

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

/// A machine with an image in slot 0, and its disk as far as anybody writes to it.
class Saved {
 public:
  Machine machine{1, kSmall};

  Saved() {
    require(save(machine).end == End::kPoweredOff);
    machine.disk.make_safe();
    const format::CommitRecord commit = commit_of(machine, 0);
    const auto& header = record_in<format::ImageHeader>(machine, commit.first_block);
    tables_ = commit.first_block + format::kImageHeaderBlocks + header.content_blocks;
    require(header.chunks > 1 && header.table_blocks == 1);
    for (std::uint64_t i = 0; i < 16; ++i) {
      remember(i);
    }
    for (std::uint64_t i = 0; i < commit.blocks; ++i) {
      remember(format::ring_block(commit.first_block, i, kSmall.store_blocks));
    }
  }

  void reset() {
    for (const Block& block : blocks_) {
      std::memcpy(machine.block(block.number), block.content.data(), block.content.size());
    }
    machine.disk.forget_writes();
    machine.became_ = false;
  }

  [[nodiscard]] std::uint64_t tables() const { return tables_; }

 private:
  struct Block {
    std::uint64_t number;
    std::vector<std::uint8_t> content;
  };

  void remember(std::uint64_t number) {
    const std::uint8_t* at = machine.block(number);
    blocks_.push_back({number, {at, at + format::kBlockBytes}});
  }

  std::vector<Block> blocks_;
  std::uint64_t tables_ = 0;
};

void mend(Saved& saved, std::uint8_t flags, std::uint64_t first) {
  Machine& machine = saved.machine;
  auto& store = record_in<format::StoreHeader>(machine, 0);
  auto& commit = record_in<format::CommitRecord>(machine, format::kCommitBlock);
  auto& state = record_in<format::StateRecord>(machine, format::kStateBlock);
  auto& header = record_in<format::ImageHeader>(machine, first);
  if ((flags & 1) != 0) {
    if (header.table_bytes <= format::kBlockBytes) {
      header.table_hash = hibernate::hash_of(machine.block(saved.tables()), header.table_bytes);
    }
    header.hash = hibernate::own_hash(header);
  }
  if ((flags & 2) != 0) {
    commit.header_hash = hibernate::hash_of(&header, format::kImageHeaderBytes);
    commit.hash = hibernate::own_hash(commit);
  }
  if ((flags & 4) != 0) {
    state.hash = hibernate::own_hash(state);
  }
  if ((flags & 16) != 0) {
    if (store.extents <= format::kExtentsPerBlock) {
      store.extents_hash = hibernate::hash_of(machine.block(1), store.extents * sizeof(format::Extent));
    }
    store.hash = hibernate::own_hash(store);
  }
}

// Input: flags, then edits of four bytes: which block, where in it (two bytes), and the new value.
void edit(Saved& saved, std::uint8_t flags, const std::uint8_t* data, std::size_t size) {
  Machine& machine = saved.machine;
  const std::uint64_t first = commit_of(machine, 0).first_block;
  const std::uint64_t blocks[] = {format::kCommitBlock,
                                  format::kStateBlock,
                                  first,
                                  first + 1,
                                  first + 2,
                                  first + 3,
                                  saved.tables(),
                                  1,
                                  first + 4,
                                  0};
  for (; size >= 4; data += 4, size -= 4) {
    const std::uint64_t block = blocks[data[0] % std::size(blocks)];
    machine.block(block)[(data[1] | unsigned{data[2]} << 8) % format::kBlockBytes] = data[3];
  }
  mend(saved, flags, first);
}

Saved& saved() {
  static Saved once;
  return once;
}

void check_unchanged() {
  saved().reset();
  require(restore(saved().machine).end == End::kReturned && saved().machine.became());
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names

/// Nothing changed: it must come back, or this program tests nothing, whatever corpus an earlier run left.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  check_unchanged();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  Saved& at = saved();
  at.reset();
  edit(at, data[0], data + 1, size - 1);
  at.machine.restore_request.flags =
      format::kRestoreHasMap | ((data[0] & 8) != 0 ? format::kRestoreVerifyOnly : format::kRestoreFast);
  const auto how = restore(at.machine);
  require(how.end == End::kReset || at.machine.became() || how.reply.status != 0);  // neither here nor there
  return 0;
}

// NOLINTEND(readability-identifier-naming)
