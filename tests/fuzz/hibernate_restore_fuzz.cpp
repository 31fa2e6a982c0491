// SPDX-License-Identifier: MIT
// Rule: whatever an image claims, with its hashes made right again, the restore payload's own code stays
// within its memory, ends, and either refuses it or becomes the machine; it never overwrites what is not in
// the image's own ranges.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "../../runtime/hibernate/hash.hpp"  // not the sdk's
#include "simulated/machine.hpp"

namespace {

using namespace kjump;
using namespace kjump::simulated;

constexpr std::uint64_t kSecondExtent = format::kDataBlock + 700;

/// A machine with an image in slot 0, and the disk as it was then.
struct Saved {
  Machine machine{1};
  std::vector<std::uint8_t> disk;

  Saved() {
    try {
      machine.save();
    } catch (const PoweredOff&) {
    }
    disk.assign(machine.disk.bytes().begin(), machine.disk.bytes().end());
  }

  std::uint8_t* block(std::uint64_t number) {
    const std::uint64_t skip = number >= kSecondExtent ? 2048 : 0;
    return machine.disk.bytes().data() + (machine.sector_of_block(number) + skip) * 512;
  }
};

template <typename Record>
Record& record_at(std::uint8_t* place) {
  return *reinterpret_cast<Record*>(place);
}

// Input: flags, then edits of four bytes: which block, where in it (two bytes), and the new value.
void edit(Saved& saved, std::uint8_t flags, const std::uint8_t* data, std::size_t size) {
  auto& commit = record_at<format::CommitRecord>(saved.block(format::kCommitBlock));
  auto& state = record_at<format::StateRecord>(saved.block(format::kStateBlock));
  const std::uint64_t first = commit.first_block;
  const std::uint64_t tables =
      first + format::kImageHeaderBlocks + record_at<format::ImageHeader>(saved.block(first)).content_blocks;
  const std::uint64_t blocks[] = {
      format::kCommitBlock, format::kStateBlock, first, first + 1, first + 2, first + 3, tables,
      tables + 1,           first + 4,           0};
  for (; size >= 4; data += 4, size -= 4) {
    const std::uint64_t block = blocks[data[0] % std::size(blocks)];
    saved.block(block)[(data[1] | unsigned{data[2]} << 8) % format::kBlockBytes] = data[3];
  }
  auto& header = record_at<format::ImageHeader>(saved.block(first));
  if ((flags & 1) != 0) {
    header.hash = hibernate::own_hash(header);
  }
  if ((flags & 2) != 0) {
    commit.header_hash = hibernate::hash_of(&header, format::kImageHeaderBytes);
    commit.hash = hibernate::own_hash(commit);
  }
  if ((flags & 4) != 0) {
    state.hash = hibernate::own_hash(state);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Saved saved;
  if (size < 1) {
    return 0;
  }
  std::copy(saved.disk.begin(), saved.disk.end(), saved.machine.disk.bytes().begin());
  edit(saved, data[0], data + 1, size - 1);
  saved.machine.became_ = false;
  saved.machine.restore_request.flags =
      format::kRestoreHasMap | ((data[0] & 8) != 0 ? format::kRestoreVerifyOnly : format::kRestoreFast);
  try {
    const format::RestoreReply reply = saved.machine.restore();
    if (!saved.machine.became() && reply.status == 0) {
      std::abort();  // neither here nor there
    }
  } catch (const Reset&) {
  }
  return 0;
}
