// SPDX-License-Identifier: MIT
#include "boot/install.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "boot/disk_program.hpp"
#include "embedded/embedded.hpp"
#include "hibernate/block_device.hpp"
#include "hibernate/extents.hpp"
#include "hibernate/place.hpp"

namespace kjump::boot {
namespace {

namespace format = abi::hibernate;

constexpr std::uint32_t kDiskTimeoutMs = 10'000;
// Two places, so that the one which the sector names is never written to.
constexpr std::uint64_t kHalves = 2;
constexpr std::uint64_t kHalfBlocks = format::kBootBlocks / kHalves;

Result<std::vector<SectorRun>> runs_of_half(const hibernate::Store& store, std::uint64_t half) {
  std::vector<SectorRun> runs;
  KJUMP_CHECK(
      hibernate::for_each_run(store.extents(), format::kBootBlock + half * kHalfBlocks, kHalfBlocks,
                              [&](std::uint64_t sector, std::size_t, std::size_t bytes) -> Result<void> {
                                runs.push_back({sector, bytes / format::kSectorBytes});
                                return {};
                              }));
  return runs;
}

Result<std::uint64_t> sector_of(const hibernate::Store& store, std::uint64_t block) {
  std::uint64_t place = 0;
  KJUMP_CHECK(hibernate::for_each_run(store.extents(), block, 1,
                                      [&](std::uint64_t sector, std::size_t, std::size_t) -> Result<void> {
                                        place = sector;
                                        return {};
                                      }));
  return place;
}

Result<RecordPlaces> places_of_records(const hibernate::Store& store) {
  RecordPlaces places;
  for (std::uint32_t slot = 0; slot < format::kSlots; ++slot) {
    KJUMP_TRY(places.commits[slot], sector_of(store, format::kCommitBlock + slot));
    KJUMP_TRY(places.states[slot], sector_of(store, format::kStateBlock + slot));
  }
  return places;
}

Result<Sector> read_sector(const hibernate::Disk& disk, std::uint64_t number) {
  Sector sector{};
  KJUMP_CHECK(disk.read(number, sector));
  return sector;
}

Result<void> write_sector(hibernate::Disk& disk, const BootPlace& place, const Sector& sector) {
  KJUMP_CHECK(disk.write(place.sector, sector));
  KJUMP_CHECK(disk.flush());
  KJUMP_TRY(const Sector back, read_sector(disk, place.sector));
  if (back != sector) {
    return fail(ErrorCode::kSystem, "the first sector reads back differently than it was written", place.disk,
                "the disk is not to be trusted");
  }
  return {};
}

Result<SectorCode> code_before(const hibernate::Disk& disk, const BootPlace& place, const Sector& sector,
                               bool force) {
  if (boot_code_of(sector) != BootCode::kOurs) {
    return code_in(sector);
  }
  const abi::BootSectorFields fields = our_fields(sector);
  std::vector<std::byte> block(abi::kBootBlockBytes);
  auto read = disk.read(fields.block_sector, block);
  auto code = read ? old_code_in(block, fields, place.disk) : Result<SectorCode>(Failure(read.error()));
  return !code && force ? SectorCode{} : std::move(code);
}

Result<void> write_program(hibernate::Store& store, std::uint64_t half, std::vector<std::byte> content) {
  const auto blocks = static_cast<std::size_t>(format::blocks_of(content.size()));
  content.resize(blocks * format::kBlockBytes);
  const std::uint64_t first = format::kBootBlock + half * kHalfBlocks;
  KJUMP_CHECK(store.write_blocks(first, content));
  KJUMP_CHECK(store.flush());
  std::vector<std::byte> back(content.size());
  KJUMP_CHECK(store.read_blocks(first, back));
  if (back != content) {
    return fail(ErrorCode::kSystem, "the boot program reads back differently than it was written",
                store.path(), "the disk is not to be trusted");
  }
  return {};
}

}  // namespace

abi::hibernate::RestoreRequest restore_request(const abi::hibernate::StoreHeader& store) {
  format::RestoreRequest request{};
  request.magic = format::kRestoreMagic;
  request.version = format::kFormatVersion;
  request.header_sector = store.header_sector;
  request.store = store.uuid;
  request.disk_timeout_ms = kDiskTimeoutMs;
  return request;
}

Result<Program> restore_program(const abi::hibernate::StoreHeader& store) {
  KJUMP_TRY(const Image image, Image::parse(embedded_restore_image(), "hibernate-restore"));
  const format::RestoreRequest request = restore_request(store);
  return make_program(image, std::as_bytes(std::span(&request, 1)));
}

Result<BootPlace> find_boot_place(const std::string& device) {
  struct stat status {};
  if (::stat(device.c_str(), &status) != 0) {
    return fail_errno("cannot find the device", device);
  }
  if (!S_ISBLK(status.st_mode)) {
    return fail(ErrorCode::kInvalid, "not a block device", device, "name a disk or a partition");
  }
  KJUMP_TRY(const hibernate::BlockDevice found, hibernate::find_block_device(System(), status.st_rdev));
  if (found.logical_block_bytes != abi::kBootSectorBytes) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("its sectors have {} bytes; a BIOS boots only from those of {}",
                            found.logical_block_bytes, abi::kBootSectorBytes),
                device, "use --multiboot and a boot loader");
  }
  return BootPlace{hibernate::device_path(found.disk), found.segments.front().disk_sector};
}

Result<Installation> install(const Program& program, hibernate::Store& store, hibernate::Disk& disk,
                             const BootPlace& place, bool force) {
  KJUMP_TRY(const Sector before, read_sector(disk, place.sector));
  KJUMP_CHECK(check_may_install(before, place.whole_disk(), force, place.disk));
  KJUMP_TRY(const SectorCode old_code, code_before(disk, place, before, force));
  std::uint64_t half = 0;
  KJUMP_TRY(std::vector<SectorRun> runs, runs_of_half(store, half));
  if (boot_code_of(before) == BootCode::kOurs && our_fields(before).block_sector == runs.front().sector) {
    half = 1;
    KJUMP_TRY(runs, runs_of_half(store, half));
  }
  KJUMP_TRY(const RecordPlaces records, places_of_records(store));
  KJUMP_TRY(DiskProgram written, lay_out(program, runs, old_code, records));
  Installation done{boot_code_of(before), program.pieces.size(), written.content.size()};
  KJUMP_CHECK(write_program(store, half, std::move(written.content)));
  KJUMP_CHECK(write_sector(disk, place, with_code(before, written.sector_code)));
  return done;
}

Result<bool> uninstall(hibernate::Disk& disk, const BootPlace& place, bool force) {
  KJUMP_TRY(const Sector sector, read_sector(disk, place.sector));
  if (boot_code_of(sector) != BootCode::kOurs) {
    return false;
  }
  KJUMP_TRY(const SectorCode old_code, code_before(disk, place, sector, force));
  KJUMP_CHECK(write_sector(disk, place, with_code(sector, old_code)));
  return true;
}

std::string grub_entry(const std::string& path) {
  return fmt::format(
      "menuentry 'Go on where this machine was saved (kjump)' --id kjump {{\n"
      "  insmod multiboot\n"
      "  search --no-floppy --file --set=root '{0}'\n"
      "  multiboot '{0}'\n"
      "}}\n",
      path);
}

}  // namespace kjump::boot
