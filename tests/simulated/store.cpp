// SPDX-License-Identifier: MIT
// The store on the simulated disk, in two pieces, and the requests that name it.
#include <algorithm>
#include <cstring>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/hash.hpp"
#include "simulated/layout.hpp"
#include "simulated/machine.hpp"

namespace kjump::simulated {
namespace {

constexpr std::uint64_t kStoreSector = 2048;
constexpr std::uint64_t kFileSystems = 200;  // sectors in which file systems begin
constexpr std::uint64_t kHole = 2048;        // sectors between the pieces

}  // namespace

std::uint64_t Machine::first_extent_blocks() const {
  return format::kDataBlock + std::min<std::uint64_t>(700, (shape_.store_blocks - format::kDataBlock) / 6);
}

std::uint64_t Machine::sector_of_block(std::uint64_t block) const {
  return kStoreSector + block * format::kSectorsPerBlock + (block < first_extent_blocks() ? 0 : kHole);
}

void Machine::make_store() {
  format::StoreHeader header{};
  header.magic = format::kStoreMagic;
  header.version = format::kFormatVersion;
  header.header_bytes = sizeof header;
  header.uuid.bytes[0] = 7;
  header.blocks = shape_.store_blocks;
  header.disk_sectors = disk.bytes().size() / 512;
  header.header_sector = sector_of_block(0);
  const std::uint64_t cut = first_extent_blocks();
  const format::Extent extents[] = {{0, cut, sector_of_block(0)},
                                    {cut, shape_.store_blocks - cut, sector_of_block(cut)}};
  header.extents = 2;
  header.extents_hash = hibernate::hash_of(extents, sizeof extents);
  header.hash = hibernate::own_hash(header);
  for (std::uint64_t at = 0; at < kFileSystems * 512; ++at) {
    disk.bytes()[at] = static_cast<std::uint8_t>(chance());
  }
  std::memcpy(block(0), &header, sizeof header);
  std::memcpy(block(1), extents, sizeof extents);
  for (std::size_t i = 0; i < sizeof save_request.canary; ++i) {
    save_request.canary[i] = block(format::kCanaryBlock)[i] = static_cast<std::uint8_t>(chance());
  }
  disk.make_safe();
  save_request.store = header.uuid;
  save_request.header_sector = restore_request.header_sector = header.header_sector;
}

void Machine::make_requests() {
  const auto ram = static_cast<std::uint32_t>(format::RangeKind::kRam);
  save_request.magic = format::kSaveMagic;
  save_request.version = format::kFormatVersion;
  save_request.disk = {static_cast<std::uint16_t>(disk_driver), 0, disk_device, 0, disk::kAnyUnit, 0};
  save_request.acpi.has_s5 = 1;
  save_request.range_count = 2;
  save_request.ranges[0] = {ram_start(), ram_end(), ram, 0};
  save_request.ranges[1] = {kGap, kGap + kGapBytes, ram, 0};
  save_request.map_count = 1;
  save_request.map[0] = {kBase, kGap + kGapBytes, 1, 0};
  save_request.fingerprint_count = 1;
  save_request.fingerprints[0] = {
      save_request.disk.driver, 0, disk_device, 0, disk::kAnyUnit, 0, 64, 16, 0, 0, "/dev/sim1 on /"};
  restore_request.magic = format::kRestoreMagic;
  restore_request.version = format::kFormatVersion;
  restore_request.flags = format::kRestoreHasMap;
  restore_request.map_count = save_request.map_count;
  std::memcpy(restore_request.map, save_request.map, sizeof restore_request.map);
}

}  // namespace kjump::simulated
