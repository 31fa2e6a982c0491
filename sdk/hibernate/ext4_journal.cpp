// SPDX-License-Identifier: MIT
#include "hibernate/ext4_journal.hpp"

#include <string_view>

namespace kjump::hibernate {
namespace {

// Documentation/filesystems/ext4/super.rst: offsets in the superblock, which begins at byte 1024.
constexpr std::uint64_t kSuperblock = 1024;
constexpr std::size_t kSuperblockBytes = 1024;
constexpr std::size_t kLogBlockSize = 0x18;
constexpr std::size_t kMagic = 0x38;
constexpr std::uint32_t kExtMagic = 0xEF53;
constexpr std::size_t kCompatible = 0x5C;
constexpr std::uint32_t kHasJournal = 0x4;
constexpr std::size_t kIncompatible = 0x60;
constexpr std::uint32_t kHasExtents = 0x40;
constexpr std::size_t kJournalInode = 0xE0;
constexpr std::size_t kBackupType = 0xFD;
constexpr std::uint32_t kBackupOfBlocks = 1;
constexpr std::size_t kJournalBlocks = 0x10C;  // a copy of the journal inode's i_block
constexpr std::size_t kInodeBlockBytes = 60;
constexpr std::uint32_t kMostLogBlockSize = 6;  // 64 KiB

// Documentation/filesystems/ext4/ifork.rst: a node of an extent tree is a header and entries of 12 bytes, the
// first one for the lowest blocks.
constexpr std::uint32_t kExtentMagic = 0xF30A;
constexpr std::size_t kEntries = 2;
constexpr std::size_t kDepth = 6;
constexpr std::size_t kFirstEntry = 12;
constexpr std::size_t kNodeBytes = 24;  // header and first entry
constexpr std::uint32_t kMostDepth = 5;
constexpr unsigned kHighBits = 32;

// Documentation/filesystems/ext4/journal.rst: big-endian.
constexpr std::string_view kJournalMagic("\xC0\x3B\x39\x98", 4);

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

// An entry of an inner node has the child's number where a leaf's has the length and half of the number.
std::uint64_t first_block_of(std::string_view node, bool leaf) {
  const std::size_t low = kFirstEntry + (leaf ? 8 : 4);
  const std::size_t high = kFirstEntry + (leaf ? 6 : 8);
  return std::uint64_t{little(node, high, 2)} << kHighBits | little(node, low, 4);
}

Result<std::uint64_t> walk_extents(const ReadBytes& read, std::string node, std::uint32_t block_bytes,
                                   const std::string& subject) {
  for (std::uint32_t levels = 0; levels <= kMostDepth; ++levels) {
    if (little(node, 0, 2) != kExtentMagic || little(node, kEntries, 2) == 0) {
      break;
    }
    const bool leaf = little(node, kDepth, 2) == 0;
    const std::uint64_t block = first_block_of(node, leaf);
    if (leaf) {
      return block;
    }
    KJUMP_TRY(node, read(block * block_bytes, kNodeBytes));
  }
  return fail(ErrorCode::kMalformed, "the extents of its journal make no sense", subject,
              "e2fsck would say what is wrong with it");
}

}  // namespace

Result<std::optional<JournalPlace>> find_ext4_journal(const ReadBytes& read, const std::string& subject) {
  KJUMP_TRY(const std::string super, read(kSuperblock, kSuperblockBytes));
  const std::uint32_t log_size = little(super, kLogBlockSize, 4);
  if (little(super, kMagic, 2) != kExtMagic || (little(super, kCompatible, 4) & kHasJournal) == 0 ||
      little(super, kJournalInode, 4) == 0) {
    return std::optional<JournalPlace>();
  }
  if (log_size > kMostLogBlockSize || little(super, kBackupType, 1) != kBackupOfBlocks) {
    return fail(ErrorCode::kUnsupported, "its superblock does not say where the journal is", subject);
  }
  JournalPlace place{.offset = 0, .block_bytes = static_cast<std::uint32_t>(kSuperblockBytes) << log_size};
  const std::string blocks = super.substr(kJournalBlocks, kInodeBlockBytes);
  std::uint64_t block = little(blocks, 0, 4);  // ext3: the first direct block
  if ((little(super, kIncompatible, 4) & kHasExtents) != 0 && little(blocks, 0, 2) == kExtentMagic) {
    KJUMP_TRY(block, walk_extents(read, blocks, place.block_bytes, subject));
  }
  place.offset = block * place.block_bytes;
  KJUMP_TRY(const std::string begin, read(place.offset, kJournalMagic.size()));
  if (begin != kJournalMagic) {
    return fail(ErrorCode::kMalformed, "its journal is not where its superblock says", subject,
                "e2fsck would say what is wrong with it");
  }
  return std::optional(place);
}

}  // namespace kjump::hibernate
