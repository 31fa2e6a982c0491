// SPDX-License-Identifier: MIT
#include "boot/disk_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "boot/crc32.hpp"
#include "embedded/embedded.hpp"

namespace kjump::boot {
namespace {

using abi::kBootSectorBytes;

constexpr std::uint64_t kBlockSectors = abi::kBootBlockBytes / kBootSectorBytes;

// Hands out the sectors of the runs, one after the other.
class Places {
 public:
  explicit Places(std::span<const SectorRun> runs) : runs_(runs) {}

  /// The next sectors, at most that many; none at the end.
  SectorRun take(std::uint64_t most) {
    while (!runs_.empty() && used_ == runs_.front().sectors) {
      runs_ = runs_.subspan(1);
      used_ = 0;
    }
    if (runs_.empty()) {
      return {};
    }
    const SectorRun run{runs_.front().sector + used_, std::min(most, runs_.front().sectors - used_)};
    used_ += run.sectors;
    return run;
  }

 private:
  std::span<const SectorRun> runs_;
  std::uint64_t used_ = 0;
};

template <typename Struct>
void put(std::span<std::byte> to, const Struct& value) {
  std::memcpy(to.data(), &value, sizeof value);
}

// One piece of memory, split where the store is.
Result<void> add_piece(const Piece& piece, Places& places, std::vector<abi::BootPiece>& table) {
  std::span<const std::byte> rest = piece.content;
  std::uint32_t address = piece.address;
  while (!rest.empty()) {
    const SectorRun run = places.take(rest.size() / kBootSectorBytes);
    if (run.sectors == 0) {
      return fail(ErrorCode::kLimit, "the boot program does not fit into the store's boot blocks",
                  "boot program");
    }
    const auto part = rest.first(static_cast<std::size_t>(run.sectors) * kBootSectorBytes);
    table.push_back({run.sector, address, crc32(part), static_cast<std::uint32_t>(run.sectors), 0});
    address += static_cast<std::uint32_t>(part.size());
    rest = rest.subspan(part.size());
  }
  return {};
}

Result<std::vector<std::byte>> make_block(const Program& program, const std::vector<abi::BootPiece>& table,
                                          const SectorCode& old_code, const RecordPlaces& records) {
  if (table.size() > abi::kBootMostPieces) {
    return fail(ErrorCode::kLimit,
                fmt::format("the boot program lies in {} pieces on the disk, {} is the most", table.size(),
                            abi::kBootMostPieces),
                "boot program", "put the store into a partition, or into a file that is less scattered");
  }
  const auto code = embedded_boot_block();
  std::vector<std::byte> block(code.begin(), code.end());
  const bool has_code =
      std::any_of(old_code.begin(), old_code.end(), [](std::byte b) { return b != std::byte{0}; });
  abi::BootBlockFields fields{};
  fields.magic = abi::kBootBlockMagic;
  fields.pieces = static_cast<std::uint32_t>(table.size());
  fields.entry = program.entry;
  fields.has_old_code = has_code ? 1 : 0;
  std::copy(records.commits.begin(), records.commits.end(), &fields.commits[0]);
  std::copy(records.states.begin(), records.states.end(), &fields.states[0]);
  std::memcpy(&fields.old_code[0], old_code.data(), old_code.size());
  put(std::span(block).subspan(abi::kBootBlockCode), fields);
  std::memcpy(block.data() + abi::kBootBlockPieces, table.data(), table.size() * sizeof(abi::BootPiece));
  return block;
}

SectorCode make_sector_code(std::uint64_t block_sector, std::span<const std::byte> block) {
  SectorCode code{};
  const auto program = embedded_boot_sector();
  std::copy(program.begin(), program.end(), code.begin());
  put(std::span(code).subspan(abi::kBootSectorFields),
      abi::BootSectorFields{block_sector, crc32(block), abi::kBootSectorMagic});
  return code;
}

}  // namespace

Result<DiskProgram> lay_out(const Program& program, std::span<const SectorRun> runs,
                            const SectorCode& old_code, const RecordPlaces& records) {
  Places places(runs);
  const SectorRun first = places.take(kBlockSectors);
  if (first.sectors != kBlockSectors) {
    return fail(ErrorCode::kInvalid, "the boot block does not lie in one place", "boot program");
  }
  std::vector<abi::BootPiece> table;
  for (const Piece& piece : program.pieces) {
    KJUMP_CHECK(add_piece(piece, places, table));
  }
  DiskProgram disk;
  KJUMP_TRY(disk.content, make_block(program, table, old_code, records));
  disk.sector_code = make_sector_code(first.sector, disk.content);
  for (const Piece& piece : program.pieces) {
    disk.content.insert(disk.content.end(), piece.content.begin(), piece.content.end());
  }
  return disk;
}

}  // namespace kjump::boot
