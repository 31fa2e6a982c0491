// SPDX-License-Identifier: MIT
// Rule: a boot program is the image and its exchange and nothing else, in pieces that a BIOS can load; where
// it lies on a disk, and whose boot code it took the place of, is told by what is on that disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "boot/crc32.hpp"
#include "boot/disk_program.hpp"
#include "boot/first_sector.hpp"
#include "boot/multiboot_program.hpp"
#include "unit/image_parts.hpp"

namespace kjump::test {
namespace {

using boot::BootCode;
using boot::Sector;
using boot::SectorCode;
using boot::SectorRun;
using testing::HasSubstr;

constexpr std::size_t kTable = 446;

std::vector<std::byte> bytes_of_text(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

boot::Program sample_program() {
  return boot::make_program(sample_image(), bytes_of_text("restore!")).value();
}

Sector sector_with(std::string_view text, std::size_t at = 0) {
  Sector sector{};
  const auto bytes = std::as_bytes(std::span(text));
  std::copy(bytes.begin(), bytes.end(), sector.begin() + static_cast<std::ptrdiff_t>(at));
  return sector;
}

// The polynomial's own check value: CRC-32 of "123456789".
TEST(BootProgram, HasTheUsualCrc) {
  EXPECT_EQ(boot::crc32(bytes_of_text("123456789")), 0xCBF43926U);
}

TEST(BootProgram, PiecesAreWhatABiosLoads) {
  std::uint64_t end = 0;
  for (const boot::Piece& piece : sample_program().pieces) {
    const auto bytes = static_cast<std::uint32_t>(piece.content.size());
    EXPECT_EQ(bytes % abi::kBootSectorBytes, 0U);
    EXPECT_LE(bytes, abi::kBootPieceSectors * abi::kBootSectorBytes);
    EXPECT_EQ(piece.address / 0x10000, (piece.address + bytes - 1) / 0x10000);
    EXPECT_GE(piece.address, end);
    end = piece.address + bytes;
  }
  EXPECT_LE(end, abi::kBootClearEnd);
}

TEST(BootProgram, HoldsImageParametersAndExchange) {
  std::vector<std::byte> memory(abi::kBootClearEnd);
  const boot::Program program = sample_program();
  for (const boot::Piece& piece : program.pieces) {
    std::copy(piece.content.begin(), piece.content.end(), memory.begin() + piece.address);
  }
  abi::LoaderParameters parameters;
  std::memcpy(&parameters, memory.data() + sample_info().parameters, sizeof parameters);
  abi::ExchangeHeader header{};
  std::memcpy(&header, memory.data() + abi::kExchangeBase, sizeof header);
  EXPECT_NE(parameters.flags & abi::kParameterHasExchange, 0U);
  EXPECT_EQ(parameters.nonce, header.nonce);
  EXPECT_EQ(header.magic, abi::kExchangeMagic);
  EXPECT_EQ(header.request_bytes, 8U);
  EXPECT_EQ(std::memcmp(memory.data() + program.request, "restore!", 8), 0);
  EXPECT_EQ(memory[abi::kRealBase], std::byte{0xF4});
}

TEST(BootProgram, NeedsAnImageWithBootEntries) {
  auto info = sample_info();
  info.boot_entry = 0;
  const auto made = boot::make_program(Image::build(info, sample_segments(), sample_symbols()).value(), {});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), HasSubstr("no entries for a boot loader"));
}

// Where each run begins, the content goes on; the table says so, and the CRC of each part is right.
TEST(BootProgram, FollowsTheStoresRuns) {
  const boot::Program program = sample_program();
  const std::vector<SectorRun> runs = {{1000, 9}, {50, 1}, {5000, 4000}};
  const auto disk = boot::lay_out(program, runs, {});
  ASSERT_TRUE(disk) << disk.error().text();
  abi::BootBlockFields fields{};
  std::memcpy(&fields, disk->content.data() + abi::kBootBlockCode, sizeof fields);
  EXPECT_EQ(fields.magic, abi::kBootBlockMagic);
  EXPECT_EQ(fields.entry, sample_info().boot_entry);
  EXPECT_EQ(fields.has_old_code, 0U);
  std::size_t at = abi::kBootBlockBytes;
  std::vector<std::uint64_t> sectors;
  for (std::uint32_t i = 0; i < fields.pieces; ++i) {
    abi::BootPiece piece{};
    std::memcpy(&piece, disk->content.data() + abi::kBootBlockPieces + i * sizeof piece, sizeof piece);
    const std::size_t bytes = piece.sectors * abi::kBootSectorBytes;
    EXPECT_EQ(piece.crc, boot::crc32(std::span(disk->content).subspan(at, bytes)));
    sectors.push_back(piece.sector);
    at += bytes;
  }
  EXPECT_EQ(at, disk->content.size());
  ASSERT_GE(sectors.size(), 3U);
  EXPECT_EQ(sectors[0], 1008U);
  EXPECT_EQ(sectors[1], 50U);
  EXPECT_EQ(sectors[2], 5000U);
  abi::BootSectorFields first = boot::our_fields(boot::with_code({}, disk->sector_code));
  EXPECT_EQ(first.block_sector, 1000U);
  EXPECT_EQ(first.block_crc, boot::crc32(std::span(disk->content).first(abi::kBootBlockBytes)));
}

TEST(BootProgram, RefusesWhereThereIsNoRoom) {
  const boot::Program program = sample_program();
  const auto small = boot::lay_out(program, std::vector<SectorRun>{{0, 9}}, {});
  ASSERT_FALSE(small);
  EXPECT_THAT(small.error().text(), HasSubstr("does not fit"));
  EXPECT_FALSE(boot::lay_out(program, std::vector<SectorRun>{{0, 7}, {9, 4000}}, {}));
}

TEST(FirstSector, KeepsWhatIsTheDisks) {
  const Sector before = sector_with("signature and table", abi::kBootCodeBytes);
  SectorCode code{};
  code.fill(std::byte{0x90});
  const Sector after = boot::with_code(before, code);
  EXPECT_EQ(boot::code_in(after), code);
  EXPECT_TRUE(std::equal(after.begin() + abi::kBootCodeBytes, after.begin() + 510,
                         before.begin() + abi::kBootCodeBytes));
  EXPECT_EQ(after[510], std::byte{0x55});
  EXPECT_EQ(after[511], std::byte{0xAA});
}

TEST(FirstSector, TellsWhoseCodeItIs) {
  EXPECT_EQ(boot::boot_code_of(Sector{}), BootCode::kNone);
  EXPECT_EQ(boot::boot_code_of(sector_with("xxGRUB \0Geom", 0x180)), BootCode::kKnown);
  EXPECT_EQ(boot::boot_code_of(sector_with("whatever")), BootCode::kForeign);
  const auto ours = boot::lay_out(sample_program(), std::vector<SectorRun>{{8, 4000}}, {}).value();
  EXPECT_EQ(boot::boot_code_of(boot::with_code({}, ours.sector_code)), BootCode::kOurs);
}

TEST(FirstSector, IsTakenOnlyWhereThatDoesNoHarm) {
  Sector gpt = sector_with("whatever");
  gpt[kTable + 4] = std::byte{0xEE};
  Sector store{};
  std::memcpy(store.data(), &abi::hibernate::kStoreMagic, sizeof abi::hibernate::kStoreMagic);
  const auto may = [](const Sector& sector, bool whole, bool force = false) {
    return boot::check_may_install(sector, whole, force, "disk").has_value();
  };
  EXPECT_TRUE(may(Sector{}, true));
  EXPECT_TRUE(may(Sector{}, false));
  EXPECT_TRUE(may(sector_with("whatever"), true));
  EXPECT_FALSE(may(sector_with("whatever"), false));
  EXPECT_FALSE(may(gpt, true));
  EXPECT_TRUE(may(gpt, true, true));
  EXPECT_FALSE(may(store, true, true));
}

TEST(FirstSector, GivesTheFormerCodeBack) {
  const SectorCode former = boot::code_in(sector_with("the former boot loader"));
  const auto disk = boot::lay_out(sample_program(), std::vector<SectorRun>{{8, 4000}}, former).value();
  const auto fields = boot::our_fields(boot::with_code({}, disk.sector_code));
  std::vector<std::byte> block(disk.content.begin(), disk.content.begin() + abi::kBootBlockBytes);
  EXPECT_EQ(boot::old_code_in(block, fields, "disk").value(), former);
  block[100] ^= std::byte{1};
  EXPECT_FALSE(boot::old_code_in(block, fields, "disk"));
}

TEST(Multiboot, HasItsHeaderWhereLoadersLook) {
  const auto file = boot::multiboot_program(sample_program());
  std::uint32_t words[3] = {};
  std::memcpy(&words[0], file.data(), sizeof words);
  EXPECT_EQ(words[0], 0x1BADB002U);
  EXPECT_EQ(words[0] + words[1] + words[2], 0U);
}

}  // namespace
}  // namespace kjump::test
