// SPDX-License-Identifier: MIT
// Rule: a store is found, read and written only where its own records say, every record that is not wholly
// right is taken as absent or refused, and what somebody may still want counts against the room.
#include <gtest/gtest.h>

#include "hibernate/extents.hpp"
#include "hibernate/signature.hpp"
#include "hibernate/store.hpp"
#include "hibernate_image.hpp"

namespace kjump::tests {
namespace {

using hibernate::Slot;
using hibernate::Slots;
using hibernate::Store;

/// The store on test_disk(), and that disk.
struct Mounted {
  MemoryDisk* disk;
  Store store;
};

Mounted mounted(std::unique_ptr<MemoryDisk> disk = test_disk()) {
  MemoryDisk* const raw = disk.get();
  auto store = Store::on_disk(std::move(disk), kFirstSector, "test");
  EXPECT_TRUE(store) << store.error().text();
  return {raw, *std::move(store)};
}

void write_image(Store& store, unsigned slot, std::uint64_t generation, std::uint64_t first_block) {
  const Bytes image = make_image(test_memory(), test_image_header(generation));
  Bytes block(kBlockBytes);
  put(block, 0, commit_of(image, first_block));
  ASSERT_TRUE(store.write_blocks(kCommitBlock + slot, block));
}

TEST(HibernateStore, ReadsAndWritesBlocksWhereTheExtentsSay) {
  auto [disk, store] = mounted();
  Bytes blocks(2 * kBlockBytes, std::byte{0x5A});
  blocks[kBlockBytes] = std::byte{0x77};
  ASSERT_TRUE(store.write_blocks(kFirstPiece - 1, blocks));
  EXPECT_EQ(disk->bytes[(kFirstSector + (kFirstPiece - 1) * kSectorsPerBlock) * kSectorBytes],
            std::byte{0x5A});
  EXPECT_EQ(disk->bytes[kSecondSector * kSectorBytes], std::byte{0x77});
  Bytes back(blocks.size());
  ASSERT_TRUE(store.read_blocks(kFirstPiece - 1, back));
  EXPECT_EQ(back, blocks);
  EXPECT_FALSE(store.read_blocks(kTestBlocks - 1, back)) << "the second block is behind the end";
  EXPECT_FALSE(store.read_blocks(0, std::span(back).first(100))) << "not whole blocks";
}

TEST(HibernateStore, WritesACanaryThatIsFreshEachTime) {
  auto [disk, store] = mounted();
  const auto first = store.write_canary();
  const auto second = store.write_canary();
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(std::memcmp(disk->bytes.data() + (kFirstSector + kCanaryBlock * kSectorsPerBlock) * kSectorBytes,
                        second->data(), second->size()),
            0);
  EXPECT_GE(disk->flushes, 2U);
}

TEST(HibernateStore, RefusesEveryDamagedByteOfTheHeaderAndTheExtents) {
  for (std::size_t at = 0; at < sizeof(StoreHeader); ++at) {
    auto disk = test_disk();
    disk->bytes[kFirstSector * kSectorBytes + at] ^= std::byte{1};
    EXPECT_FALSE(Store::on_disk(std::move(disk), kFirstSector, "test")) << "byte " << at;
  }
  for (std::size_t at = 0; at < 2 * sizeof(Extent); ++at) {
    auto disk = test_disk();
    disk->bytes[kFirstSector * kSectorBytes + kBlockBytes + at] ^= std::byte{1};
    EXPECT_FALSE(Store::on_disk(std::move(disk), kFirstSector, "test")) << "byte " << at;
  }
  auto moved = test_disk();
  std::copy_n(moved->bytes.begin() + kFirstSector * kSectorBytes, 9 * kBlockBytes, moved->bytes.begin());
  EXPECT_FALSE(Store::on_disk(std::move(moved), 0, "test")) << "a header at another sector";
}

TEST(HibernateStore, RefusesExtentsThatMakeNoSense) {
  const auto fault = [](std::vector<Extent> extents) {
    return hibernate::extents_fault(extents, kTestBlocks, kTestSectors);
  };
  EXPECT_EQ(fault(test_extents()), "");
  EXPECT_NE(fault({}), "");
  EXPECT_NE(fault({{0, kTestBlocks - 1, 8}}), "") << "too few";
  EXPECT_NE(fault({{0, kTestBlocks + 1, 8}}), "") << "too many";
  EXPECT_NE(fault({{1, kTestBlocks, 8}}), "") << "not from the start";
  EXPECT_NE(fault({{0, kDataBlock, 8}, {kDataBlock + 1, 255, 9000}}), "") << "a gap";
  EXPECT_NE(fault({{0, kDataBlock, 8}, {kDataBlock, ~0ULL, 9000}}), "") << "an overflow";
  EXPECT_NE(fault({{0, kTestBlocks, kTestSectors - 8}}), "") << "behind the end of the disk";
  EXPECT_NE(fault({{0, kTestBlocks, ~0ULL}}), "") << "far behind it";
  EXPECT_NE(fault({{0, 8, 8}, {8, kTestBlocks - 8, 900}}), "") << "the list of extents is not in one piece";
}

TEST(HibernateStore, BelievesOnlyWholeRecords) {
  auto [disk, store] = mounted();
  write_image(store, 1, 4, kDataBlock);
  const auto good = store.slots();
  ASSERT_TRUE(good);
  EXPECT_FALSE((*good)[0]);
  ASSERT_TRUE((*good)[1]);
  EXPECT_EQ((*good)[1]->commit.generation, 4U);
  EXPECT_EQ((*good)[1]->state.state, static_cast<std::uint32_t>(ImageState::kCommitted));
  EXPECT_EQ(hibernate::newest(*good), 1U);

  const std::size_t record = (kFirstSector + (kCommitBlock + 1) * kSectorsPerBlock) * kSectorBytes;
  for (std::size_t at = 0; at < sizeof(CommitRecord); ++at) {
    disk->bytes[record + at] ^= std::byte{0x80};
    const auto slots = store.slots();
    ASSERT_TRUE(slots);
    EXPECT_FALSE((*slots)[1]) << "byte " << at;
    disk->bytes[record + at] ^= std::byte{0x80};
  }
}

TEST(HibernateStore, RefusesACommitRecordThatLeadsOutOfTheStore) {
  auto [disk, store] = mounted();
  const Bytes image = make_image(test_memory(), test_image_header(4));
  const auto accepted = [&](CommitRecord commit) {
    hibernate::seal(commit);
    Bytes block(kBlockBytes);
    put(block, 0, commit);
    return hibernate::parse_slot(store.header(), block, Bytes(kBlockBytes)).has_value();
  };
  CommitRecord commit = commit_of(image, kDataBlock);
  EXPECT_TRUE(accepted(commit));
  commit.first_block = kDataBlock - 1;
  EXPECT_FALSE(accepted(commit));
  commit.first_block = kTestBlocks;
  EXPECT_FALSE(accepted(commit));
  commit = commit_of(image, kTestBlocks - 1);
  EXPECT_TRUE(accepted(commit)) << "images go round";
  commit.blocks = kTestBlocks - kDataBlock + 1;
  EXPECT_FALSE(accepted(commit));
  commit = commit_of(image, kDataBlock);
  commit.store.bytes[0] ^= 1;
  EXPECT_FALSE(accepted(commit)) << "another store's";
}

TEST(HibernateStore, RemembersWhatBecameOfAnImage) {
  auto [disk, store] = mounted();
  write_image(store, 0, 4, kDataBlock);
  EXPECT_FALSE(store.set_state(1, ImageState::kDiscarded)) << "an empty slot";
  EXPECT_FALSE(store.set_state(2, ImageState::kDiscarded)) << "no slot";
  ASSERT_TRUE(store.set_state(0, ImageState::kDiscarded));
  EXPECT_EQ(store.slots().value()[0]->state.state, static_cast<std::uint32_t>(ImageState::kDiscarded));
  write_image(store, 0, 5, kDataBlock);
  EXPECT_EQ(store.slots().value()[0]->state.state, static_cast<std::uint32_t>(ImageState::kCommitted))
      << "a record about an older image says nothing about this one";
}

TEST(HibernateStore, TellsADamagedStateFromNone) {
  const StoreHeader header = test_header(test_extents());
  const CommitRecord commit = commit_of(make_image(test_memory(), test_image_header(4)), kDataBlock);
  Bytes commits(kBlockBytes);
  put(commits, 0, commit);
  const auto damaged = [&](const StateRecord& state) {
    Bytes block(kBlockBytes);
    put(block, 0, state);
    const auto slot = hibernate::parse_slot(header, commits, block);
    return slot && slot->state_damaged;
  };
  EXPECT_FALSE(damaged({})) << "as prepare leaves it";
  StateRecord done = hibernate::parse_slot(header, commits, Bytes(kBlockBytes))->state;
  done.state = static_cast<std::uint32_t>(ImageState::kDone);
  hibernate::seal(done);
  EXPECT_FALSE(damaged(done));
  for (std::size_t i = 0; i < sizeof done; ++i) {
    StateRecord flipped = done;
    reinterpret_cast<unsigned char*>(&flipped)[i] ^= 4;
    EXPECT_TRUE(damaged(flipped)) << "byte " << i;
  }
}

TEST(HibernateStore, KeepsRoomForWhatMayStillBeWanted) {
  constexpr std::uint64_t kRing = kTestBlocks - kDataBlock;
  const auto slot = [](std::uint64_t blocks, ImageState state) {
    Slot made;
    made.commit.blocks = blocks;
    made.state.state = static_cast<std::uint32_t>(state);
    return made;
  };
  EXPECT_EQ(hibernate::room_beside({}, kTestBlocks), kRing);
  EXPECT_EQ(hibernate::room_beside(Slots{slot(100, ImageState::kDone)}, kTestBlocks), kRing);
  EXPECT_EQ(hibernate::room_beside(Slots{slot(100, ImageState::kDiscarded)}, kTestBlocks), kRing);
  for (const ImageState state : {ImageState::kCommitted, ImageState::kStarted, ImageState::kContinued}) {
    EXPECT_EQ(hibernate::room_beside(Slots{slot(100, state)}, kTestBlocks), kRing - 100);
  }
  EXPECT_EQ(hibernate::room_beside(Slots{slot(~0ULL, ImageState::kCommitted)}, kTestBlocks), 0U);
  EXPECT_EQ(hibernate::room_beside(Slots{slot(10, ImageState::kCommitted), slot(10, ImageState::kContinued)},
                                   kTestBlocks),
            0U)
      << "there is no third slot";
}

TEST(HibernateStore, TakesACopyAsOnePiece) {
  auto [disk, store] = mounted();
  Bytes all(kTestBlocks * kBlockBytes);
  ASSERT_TRUE(store.read_blocks(0, all));
  auto copy = std::make_unique<MemoryDisk>(kTestBlocks * kSectorsPerBlock);
  copy->bytes = all;
  const auto opened = Store::copy(std::move(copy), "copy");
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->header().hash, store.header().hash);
  Bytes block(kBlockBytes);
  EXPECT_TRUE(opened->read_blocks(kTestBlocks - 1, block));
  auto cut = std::make_unique<MemoryDisk>(kTestBlocks * kSectorsPerBlock - kSectorsPerBlock);
  std::copy_n(all.begin(), cut->bytes.size(), cut->bytes.begin());
  EXPECT_FALSE(Store::copy(std::move(cut), "copy")) << "cut off";
}

TEST(HibernateStore, SaysWhatItWouldOverwrite) {
  Bytes head(hibernate::kSignatureBytes);
  const Bytes none(hibernate::kSignatureBytes);
  const auto with = [&](std::size_t at, const char* text, std::size_t length) {
    Bytes bytes = head;
    std::memcpy(bytes.data() + at, text, length);
    return bytes;
  };
  EXPECT_EQ(hibernate::recognise(head, none), "");
  EXPECT_NE(hibernate::recognise(with(1080, "\x53\xEF", 2), none).find("ext4"), std::string::npos);
  EXPECT_NE(hibernate::recognise(with(0, "XFSB", 4), none).find("XFS"), std::string::npos);
  EXPECT_NE(hibernate::recognise(with(4086, "SWAPSPACE2", 10), none).find("swap"), std::string::npos);
  EXPECT_NE(hibernate::recognise(with(510, "\x55\xAA", 2), none).find("MBR"), std::string::npos);
  EXPECT_NE(hibernate::recognise(with(128 * 1024, "\x0C\xB1\xBA\x00", 4), none).find("ZFS"),
            std::string::npos);
  EXPECT_NE(hibernate::recognise(none, with(hibernate::kSignatureBytes - 512, "EFI PART", 8)).find("GPT"),
            std::string::npos);
  EXPECT_NE(hibernate::recognise(none, with(hibernate::kSignatureBytes - 65536, "\xFC\x4E\x2B\xA9", 4))
                .find("RAID"),
            std::string::npos);
  EXPECT_EQ(hibernate::recognise({}, {}), "");
}

}  // namespace
}  // namespace kjump::tests
